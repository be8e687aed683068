import { createHash } from 'node:crypto'
import { Certificate } from 'pkijs'
import { canonicalJson, parseJsonStrict } from '../protocol/canonical-json.ts'
import { type Agreement, agreementHash, checkAgreement, kindOf, MAX_AGREEMENT_BYTES } from './agreement.ts'
import { builtInTemplate, type DocumentTemplate } from './document-template.ts'
import { DOCUMENT_EDITION, typesetAgreement, type ThemeName } from './render-agreement.ts'
import type { MandateSource } from './mandate-terms.ts'
import type { DocumentFacts, DocumentFailure, DocumentResult, NotChecked } from './signed-document-result.ts'
import { isTestPath } from './signatures/certificate-path.ts'
import { proofText } from './signatures/attached-proof.ts'
import { type Additions, checkChanges } from './signatures/check-changes.ts'
import { checkMandates, checkParties } from './signatures/check-signers.ts'
import { claimedTerms, type ClaimedTerms, readFirstRevision } from './signatures/first-revision.ts'
import { need, readOr, Refusal, runSteps, type StepRun } from './signatures/refusal.ts'
import { revisionDigests } from './signatures/revision-digests.ts'
import { readUpdates } from './signatures/revisions.ts'
import {
  readMaterial,
  type SignaturePolicy,
  unpackStore,
  type VerifiedSignature,
  verifyArchiveTime,
  verifySignature,
} from './signatures/verify-signature.ts'

/** Whom the verifier believes, and what it insists on. */
export interface VerifyDocumentOptions {
  /** Name of the network the agreement must be of: its anchor's. */
  readonly network: string
  /** Certificates of the roots that are believed for officials and time-stamps: DER each. */
  readonly roots: readonly Uint8Array[]
  /** The template it was made with. Default: the one that comes with the program for its kind. */
  readonly template?: DocumentTemplate
  /** OIDs of certificate policies under which certificates are qualified. Default: none; the level is unknown. */
  readonly qualifiedPolicies?: readonly string[]
  /** Refuse a signature without one of these policies. Default: false. */
  readonly requireQualified?: boolean
  /** Refuse a signature without a proof that its certificate was not revoked. Default: false; it is told. */
  readonly requireRevocation?: boolean
  /** Under which mandates it was signed. Default: unknown; nothing is said of mandates. */
  readonly mandates?: MandateSource
  /**
   * Reads the proof of the network that the document carries, once nothing else can be in the document, and says whom to believe by it:
   * what it gives takes the place of the options of the same names. Default: a proof is not looked at.
   */
  readonly readProof?: (carried: CarriedProof) => ProofReading
  /** Accept a document that not every party has signed yet. At least one must have. Default: false. */
  readonly partial?: boolean
  /** Believe roots of test authorities. Default: false. */
  readonly allowTestRoot?: boolean
  /** Makes the document anew. Default: the typesetter of this program. */
  readonly typeset?: typeof typesetAgreement
}

/** What a document carries as the network's proof of its agreement. */
export interface CarriedProof {
  readonly content: Agreement
  /** Content hash. */
  readonly agreement: string
  /** Absent: it carries none. */
  readonly text?: string
}

/** Whom a proof says to believe, or why it is none. */
export type ProofReading =
  | {
      readonly ok: true
      readonly trust: Partial<
        Pick<
          VerifyDocumentOptions,
          'roots' | 'qualifiedPolicies' | 'requireQualified' | 'allowTestRoot' | 'mandates'
        >
      >
    }
  | { readonly ok: false; readonly failure: DocumentFailure; readonly detail?: string }

/** A longer file is refused. Unit: bytes. */
export const MAX_SIGNED_DOCUMENT_BYTES = 33_554_432

/** What the document alone cannot show: it knows no directory. */
const NOT_CHECKED: readonly NotChecked[] = Object.freeze(['seals', 'mandates', 'standing'] as const)

/**
 * Verifies a signed agreement from the file alone, offline: `docs/spec/agreement-document.md`. The document is made anew from the
 * terms in it and compared byte by byte; what was appended may only be signatures; each signature is verified at the time
 * that its time-stamp proves. Bounded in memory and time by the size of the file. Never throws on account of the file.
 *
 * @returns who signed what and when, or the first step that fails
 * @throws WuslaError `document_not_typeset` when the typesetter fails here
 */
export async function verifyAgreementPdf(
  file: Uint8Array,
  options: VerifyDocumentOptions,
): Promise<DocumentResult> {
  return await runSteps(async (step) => {
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
    const claimed = await step('file', async () => await readFile(bytes))
    const content = await step('terms', () => readTerms(claimed))
    await step('network', () => need(content.network === options.network, 'other_network', content.network))
    const { template, theme } = await step(
      'template',
      async () => await chooseTemplate(claimed, content, options),
    )
    const { pdf: document, places } = await step('first-revision', async () => {
      const made = await (options.typeset ?? typesetAgreement)(content, template, { theme })
      need(bytes.subarray(0, made.pdf.length).equals(made.pdf), 'not_as_rendered')
      return made
    })
    const first = await readFirstRevision(document)
    const updates = await step('revisions', () => readUpdates(bytes, first.length, first.trailer))
    const additions = await step('changes', () => checkChanges(first, updates, places))
    const trusted = await step('proof', () => readTrust(content, additions, options))
    const { signatures, archiveTimes } = await verifyAll(step, bytes, additions, trusted)
    await step('parties', () => checkParties(content, signatures, options.partial === true))
    const { mandates } = trusted
    const mandated =
      mandates === undefined
        ? signatures.map(({ facts }) => facts)
        : await step('mandates', () => checkMandates(content, signatures, mandates, options.partial === true))
    return {
      ok: true,
      facts: {
        ...termsOf(content),
        template: { name: template.name, digest: template.digest },
        theme,
        documentSha256: createHash('sha256').update(document).digest('hex'),
        revisions: revisionDigests(
          bytes,
          updates.filter((update) => !additions.proofUpdates.has(update)),
        ),
        signatures: mandated,
        archiveTimes,
        notChecked: NOT_CHECKED.filter((each) => mandates === undefined || each !== 'mandates'),
      },
    }
  })
}

async function readFile(bytes: Buffer): Promise<ClaimedTerms> {
  const isPdf =
    bytes.length <= MAX_SIGNED_DOCUMENT_BYTES && bytes.subarray(0, 5).toString('latin1') === '%PDF-'
  need(isPdf, 'not_pdf')
  const claimed = await claimedTerms(bytes)
  need(claimed !== undefined, 'embedded_terms')
  return claimed
}

async function readTerms({ agreement }: ClaimedTerms): Promise<Agreement> {
  const decoded = await readOr('embedded_terms', () => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(agreement)
    return checkAgreement(parseJsonStrict(text, { maxBytes: MAX_AGREEMENT_BYTES }))
  })
  need(decoded.ok, 'embedded_terms', decoded.ok ? '' : decoded.problems[0]?.path)
  need(canonicalJson(decoded.value) === agreement.toString('utf8'), 'embedded_terms', 'not canonical')
  return decoded.value
}

/** By the words in the document's keywords; they are believed only once the document made by them is the same. */
async function chooseTemplate(
  { keywords }: ClaimedTerms,
  content: Agreement,
  options: VerifyDocumentOptions,
): Promise<{ readonly template: DocumentTemplate; readonly theme: ThemeName }> {
  const said = (name: string): string =>
    new RegExp(`(?:^|[\\s,])${name}:([^\\s,]+)`).exec(keywords)?.[1] ?? ''
  const edition = said('edition')
  need(edition === String(DOCUMENT_EDITION), 'other_edition', `edition ${edition}, here ${DOCUMENT_EDITION}`)
  const theme = said('theme')
  need(theme === 'neutral' || theme === 'national', 'not_as_rendered', 'theme')
  const template = options.template ?? (await builtInTemplate(kindOf(content)))
  const here = `${template.name}:${template.digest}`
  need(
    template.kind === kindOf(content) && said('template') === here,
    'other_template',
    `it names ${said('template')}, here is ${here}`,
  )
  const { template: agreed } = content
  const isAgreed =
    agreed === undefined || (agreed.name === template.name && agreed.digest === template.digest)
  need(isAgreed, 'other_template', 'the terms name another one')
  return { template, theme }
}

function readTrust(
  content: Agreement,
  { proof }: Additions,
  options: VerifyDocumentOptions,
): VerifyDocumentOptions {
  const { readProof } = options
  if (readProof === undefined) return options
  const text = proof === undefined ? {} : { text: proofText(proof) }
  const read = readProof({ content, agreement: agreementHash(content), ...text })
  if (!read.ok) throw new Refusal(read.failure, read.detail)
  return { ...options, ...read.trust }
}

async function verifyAll(
  step: StepRun,
  bytes: Buffer,
  { signatures, store }: Additions,
  options: VerifyDocumentOptions,
): Promise<{ readonly signatures: readonly VerifiedSignature[]; readonly archiveTimes: readonly string[] }> {
  const roots = await step('signer-path', () => readRoots(options))
  const policy: SignaturePolicy = { ...options, roots }
  const material = await step('changes', () => readMaterial(unpackStore(store)))
  const verified: VerifiedSignature[] = []
  const archiveTimes: string[] = []
  for (const added of signatures) {
    if (added.signature.isArchiveTime)
      archiveTimes.push((await verifyArchiveTime(step, bytes, added, material, policy)).time.toISOString())
    else verified.push(await verifySignature(step, bytes, added, material, policy))
  }
  return { signatures: verified, archiveTimes }
}

// A test authority gives anybody's name to anybody.
async function readRoots({
  roots,
  allowTestRoot = false,
}: VerifyDocumentOptions): Promise<readonly Certificate[]> {
  const read = await readOr('certificate_path', () =>
    roots.map((each) => Certificate.fromBER(Uint8Array.from(each).buffer)),
  )
  need(read.length > 0, 'certificate_path', 'no root was given')
  for (const root of read) need(allowTestRoot || !isTestPath([root, root]), 'test_root')
  return read
}

function termsOf(
  content: Agreement,
): Pick<DocumentFacts, 'agreement' | 'kind' | 'network' | 'title' | 'parties' | 'validFrom' | 'validUntil'> {
  const { network, title, parties, validFrom, validUntil } = content
  const named = parties.map(({ member, role }) => ({ member, role }))
  return {
    agreement: agreementHash(content),
    kind: kindOf(content),
    network,
    title,
    parties: named,
    validFrom,
    validUntil,
  }
}
