import { digest256 } from '../../protocol/digest.ts'
import type { By, PaperGateway, PaperNetwork } from './paper-network.ts'

type Fields = Readonly<Record<string, unknown>>

/** The id of a mandate, the same for the same name. */
export function mandateId(name: string): string {
  return digest256(`mandate ${name}`)
}

/** The registry says what signatures under agreements have to be. */
export async function setPolicy(
  network: PaperNetwork,
  change: Fields = {},
  by: By = network.by,
): Promise<number> {
  const terms = {
    level: 'qualified',
    qualifiedPolicies: ['2.16.784.1.2.3'],
    roots: ['MIIB'],
    answerWithinDays: 10,
  }
  return await network.add('signing_policy_set', { ...terms, ...change }, by)
}

/** A member grants a mandate to one of its officials. */
export async function grantMandate(
  network: PaperNetwork,
  { member, seal }: PaperGateway,
  name: string,
  change: Fields = {},
  by: By = [member, seal],
): Promise<string> {
  const mandate = mandateId(name)
  const terms = {
    member,
    mandate,
    holder: digest256(`holder ${name}`),
    office: { ar: 'المدير العام', en: 'Director General' },
    kinds: ['service', 'hosting'],
    dataClassUpTo: 'sensitive',
    instrument: digest256('deed'),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2029-01-01T00:00:00.000Z',
  }
  await network.add('mandate_granted', without({ ...terms, ...change }), by)
  return mandate
}

export async function endMandate(
  network: PaperNetwork,
  { member, seal }: PaperGateway,
  mandate: string,
  by: By = [member, seal],
): Promise<number> {
  return await network.add('mandate_ended', { member, mandate, reason: 'a new office' }, by)
}

/** What an agreement says of the document that officials signed, and how it differs from a decent one. */
export interface PaperSigning {
  readonly agreement: string
  readonly parties: readonly [PaperGateway, PaperGateway]
  /** Of each party. */
  readonly mandates: readonly [readonly string[], readonly string[]]
  readonly document?: string
  /** What each party seals instead. */
  readonly sealed?: readonly [Fields, Fields]
  readonly change?: Fields
}

/** An agreement takes effect with the document that officials signed: the second party signed last and sealed the whole of it. */
export async function agreeSigned(network: PaperNetwork, signing: PaperSigning): Promise<number> {
  const { agreement, parties, mandates, document = digest256('a signed document'), change = {} } = signing
  const [first, second] = signing.sealed ?? [
    { document: digest256('signed by one'), mandates: mandates[0] },
    { document, mandates: mandates[1] },
  ]
  const acceptances = [
    await network.acceptance(agreement, parties[0], first),
    await network.acceptance(agreement, parties[1], second),
  ]
  const fields = {
    agreement,
    parties: parties.map(({ member }) => member),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2099-01-01T00:00:00.000Z',
    acceptances,
    document,
    signedUnder: mandates,
  }
  return await network.add('agreement_effective', without({ ...fields, ...change }), network.by)
}

/** What is undefined is left out. */
function without(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
