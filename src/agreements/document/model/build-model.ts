import { type Agreement, agreementHash, type Bilingual, grantsOf } from '../../agreement.ts'
import type { DocumentTemplate } from '../../document-template.ts'
import type { Piece } from '../template/language-text.ts'
import type { PairedClause, PairedPart } from '../template/pair-languages.ts'
import type { Block, Condition } from '../template/placeholders.ts'
import type { DocumentClause, DocumentModel, DocumentPart, Line, Run } from './document-model.ts'
import { connectionRows, headFacts, hostingRows, partyLines, roleName } from './fact-rows.ts'
import { quoted } from './facing.ts'
import { grantName, grantRows } from './grant-rows.ts'
import { assertShown } from './nothing-left.ts'
import { extraCostText, instantText } from './number-texts.ts'

/** Everything the document of this content shows. Nothing else goes into it: no clock, no machine, no version. */
export function buildModel(content: Agreement, template: DocumentTemplate): DocumentModel {
  assertShown(content)
  const hash = agreementHash(content)
  const values = placeholderValues(content, hash)
  let number = 0
  const clauses = template.clauses
    .filter(({ onlyWhen, parts }) => parts.length > 0 && (onlyWhen === undefined || holds(content, onlyWhen)))
    .map((clause) => {
      if (clause.heading !== undefined) number += 1
      return documentClause(content, clause, number, values)
    })
  return {
    kind: template.title,
    title: content.title,
    facts: headFacts(content, template),
    clauses,
    signatures: content.parties.map((party) => ({
      member: party.member,
      role: roleName(party),
      name: partyLines(party),
    })),
    hash,
    hashGroups: hash.match(/.{1,4}/g) ?? [],
  }
}

function documentClause(
  content: Agreement,
  { heading, parts }: PairedClause,
  number: number,
  values: ReadonlyMap<string, FacingRun>,
): DocumentClause {
  let paragraph = 0
  const next = (): string => {
    paragraph += 1
    return heading === undefined ? '' : `${number}.${paragraph}`
  }
  return {
    number: heading === undefined ? '' : String(number),
    heading,
    parts: parts.flatMap((part) => documentParts(content, part, values, next)),
  }
}

function documentParts(
  content: Agreement,
  part: PairedPart,
  values: ReadonlyMap<string, FacingRun>,
  next: () => string,
): DocumentPart[] {
  if ('block' in part) return blockParts(content, part.block, next)
  const { ar, en } = part.paragraph
  const facing = { ar: [filled(ar, 'ar', values)], en: [filled(en, 'en', values)] }
  return [{ number: next(), facing }]
}

function blockParts(content: Agreement, block: Block, next: () => string): DocumentPart[] {
  switch (block) {
    case 'grants':
      return grantsOf(content).map((grant, index) => ({
        name: grantName(grant, index + 1),
        rows: grantRows(grant),
      }))
    case 'connection':
      if (content.connection === undefined) return []
      return [{ name: undefined, rows: connectionRows(content.connection) }]
    case 'hosting':
      return content.kind === 'hosting' ? [{ name: undefined, rows: hostingRows(content.hosting) }] : []
    case 'duties':
      return dutiesOf(content).map((duty) => ({ number: next(), facing: quoted(duty) }))
  }
}

function dutiesOf(content: Agreement): readonly Bilingual[] {
  if (content.kind === 'hosting') return content.hosting.duties
  return content.kind === 'membership' ? content.membership.duties : []
}

function holds(content: Agreement, condition: Condition): boolean {
  const grants = grantsOf(content)
  switch (condition) {
    case 'supersedes':
      return content.supersedes !== undefined
    case 'connection':
      return content.connection !== undefined
    case 'hosted-services':
      return content.kind === 'hosting' && content.hosting.services !== undefined
    case 'limits':
      return grants.some(({ limits }) => limits !== undefined)
    case 'hours':
      return grants.some(({ hours }) => hours !== undefined)
    case 'transit':
      return grants.some(({ transit }) => transit !== undefined)
    case 'retention':
      return grants.some(({ retainPayload }) => retainPayload === true)
    case 'acknowledgement':
      return grants.some(({ acknowledgementRequired }) => acknowledgementRequired === true)
  }
}

interface FacingRun {
  readonly ar: Run
  readonly en: Run
}

const id = (ltr: string): FacingRun => ({ ar: { ltr }, en: { ltr } })
const own = ({ ar, en }: Bilingual): FacingRun => ({ ar: { own: ar }, en: { own: en } })

function placeholderValues(content: Agreement, hash: string): ReadonlyMap<string, FacingRun> {
  const { title, network, parties, validFrom, validUntil, supersedes, connection } = content
  const values = new Map<string, FacingRun>([
    ['title', own(title)],
    ['network', id(network)],
    ['hash', id(hash)],
    ['valid-from', instantText(validFrom)],
    ['valid-until', instantText(validUntil)],
  ])
  for (const { role, member, name } of parties) {
    values.set(role, name === undefined ? id(member) : own(name))
    values.set(`${role}-id`, id(member))
  }
  if (supersedes !== undefined) values.set('supersedes', id(supersedes))
  if (connection !== undefined) values.set('extra-line-cost', extraCostText(connection.extraLineCostAed))
  if (content.kind === 'hosting') {
    values.set('branch', id(content.hosting.branch)).set('site', own(content.hosting.site))
  }
  return values
}

function filled(
  pieces: readonly Piece[],
  language: 'ar' | 'en',
  values: ReadonlyMap<string, FacingRun>,
): Line {
  return pieces.map((piece): Run => {
    if ('words' in piece) return piece.words
    const value = values.get(piece.placeholder)
    // The template was held against the kind of the content before: a hole in what people sign would be a defect.
    if (value === undefined) throw new TypeError(`no value for the placeholder ${piece.placeholder}`)
    return value[language]
  })
}
