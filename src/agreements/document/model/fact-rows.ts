import type { Agreement, Bilingual, Connection, HostingAgreement } from '../../agreement.ts'
import type { FacingLines, Row } from './document-model.ts'
import { facing, idRow, lines, quoted, row } from './facing.ts'
import { nothingLeft } from './nothing-left.ts'
import { costText, extraCostText, instantText } from './number-texts.ts'
import { WORDS } from './words.ts'

type Party = Agreement['parties'][number]

/** Name and identifier of a party. */
export function partyLines({ member, name }: Party): FacingLines {
  const id = { ar: [{ ltr: member }], en: [{ ltr: member }] }
  return name === undefined ? lines([id]) : lines([{ ar: [{ own: name.ar }], en: [{ own: name.en }] }, id])
}

/** The name of a role, as a label. */
export function roleName({ role }: Party): Bilingual {
  return WORDS[role]
}

/** Who, for how long, in the place of what, by which template: what no template can leave out. */
export function headFacts(
  { network, parties, ...content }: Agreement,
  template: { name: string; digest: string },
): Row[] {
  const { validFrom, validUntil, supersedes } = content
  const [from, until] = [instantText(validFrom), instantText(validUntil)]
  return [
    idRow(WORDS.network, [network]),
    ...parties.map((party) => row(roleName(party), partyLines(party))),
    row(WORDS.validity, {
      ar: [[`من ${from.ar}`], [`إلى ما قبل ${until.ar}`]],
      en: [[`from ${from.en}`], [`until just before ${until.en}`]],
    }),
    ...(supersedes === undefined ? [] : [idRow(WORDS.supersedes, [supersedes])]),
    idRow(WORDS.template, [`${template.name} ${template.digest}`]),
  ]
}

/** Which branches and lines carry it, and what they cost. */
export function connectionRows(connection: Connection): Row[] {
  const { branches, lines: used, extraLineCostAed, ...unseen } = connection
  nothingLeft(unseen)
  const priced = used.map(({ line, monthlyCostAed }) => {
    const cost = costText(monthlyCostAed)
    return { ar: [{ ltr: line }, `: ${cost.ar}`], en: [{ ltr: line }, `: ${cost.en}`] }
  })
  return [
    idRow(WORDS.branches, branches),
    row(WORDS.lines, priced.length === 0 ? facing(WORDS.noLines) : lines(priced)),
    row(WORDS.extraLineCost, facing(extraCostText(extraLineCostAed))),
  ]
}

/** Which branch stands where, and what is reached there. Duties are told apart. */
export function hostingRows({
  branch,
  site,
  services,
  duties: _duties,
  ...unseen
}: HostingAgreement['hosting']): Row[] {
  nothingLeft(unseen)
  return [
    idRow(WORDS.branch, [branch]),
    row(WORDS.site, quoted(site)),
    ...(services === undefined ? [] : [idRow(WORDS.hostedServices, services)]),
  ]
}
