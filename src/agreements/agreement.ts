import { canonicalJson } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { decodeShape } from '../trust/shape.ts'
import type { Operation } from '../protocol/path-glob.ts'
import type { Decoded } from '../trust/shape.ts'
import { AGREEMENT } from './agreement-shape.ts'
import type { DataClass } from './data-class.ts'

/** What every kind of agreement says. */
type AgreementTerms = {
  readonly type: 'wusla/agreement/v1'
  readonly network: string
  readonly title: Bilingual
  /** First instant of validity; RFC 3339, UTC, milliseconds. */
  readonly validFrom: string
  /** First instant after it. */
  readonly validUntil: string
  /** 16 to 32 random bytes, base64url: the same terms agreed twice are two agreements. */
  readonly nonce: string
  /** The branches and lines that carry it, and what they cost on top of the lines that are there. */
  readonly connection?: Connection
  /** Hash of the agreement it takes the place of. */
  readonly supersedes?: string
  /** By which the text that people read and sign is made. */
  readonly template?: { readonly name: string; readonly digest: string }
}

/** Two different members, one of each role, in either order. */
type Parties<R extends string> = readonly {
  readonly member: string
  readonly role: R
  readonly name?: Bilingual
}[]

/** What two members agreed about services: the one kind that grants anything. */
export type ServiceAgreement = AgreementTerms & {
  /** Default: `service`. */
  readonly kind?: 'service'
  readonly parties: Parties<'provider' | 'consumer'>
  readonly grants: readonly Grant[]
}

/** What the operator and the member in whose data centre a branch stands agreed. */
export type HostingAgreement = AgreementTerms & {
  readonly kind: 'hosting'
  readonly parties: Parties<'operator' | 'host'>
  readonly hosting: {
    readonly branch: string
    readonly site: Bilingual
    /** Services that are to be reached there. */
    readonly services?: readonly string[]
    readonly duties: readonly Bilingual[]
  }
}

/** What the operator and a member agreed when it joined. */
export type MembershipAgreement = AgreementTerms & {
  readonly kind: 'membership'
  readonly parties: Parties<'operator' | 'member'>
  readonly membership: { readonly duties: readonly Bilingual[] }
}

/**
 * What two members agreed: immutable, named by its hash. Everything the gateways enforce follows from it.
 * The rules of each member are in `docs/spec/agreement.md`.
 */
export type Agreement = ServiceAgreement | HostingAgreement | MembershipAgreement

/** What an agreement is about. */
export type AgreementKind = 'service' | 'hosting' | 'membership'

/** The same words in both languages. */
export type Bilingual = { readonly ar: string; readonly en: string }

/** Branches and lines, and their price. */
export type Connection = {
  readonly branches: readonly string[]
  /** Whole dirhams a month. */
  readonly lines: readonly { readonly line: string; readonly monthlyCostAed: number }[]
  /** Whole dirhams a month that are paid for this agreement alone; 0: the existing lines carry it. */
  readonly extraLineCostAed: number
}

/** When a grant may be used. */
export type Hours = {
  /** Name in the IANA time zone database. */
  readonly timeZone: string
  /** ISO 8601: 1 is Monday, 7 is Sunday. The day on which a window begins. */
  readonly days: readonly number[]
  /** `HH:MM`, 00:00 to 23:59. */
  readonly from: string
  /** `HH:MM`, 00:00 to 24:00; not later than `from`: of the next day. */
  readonly until: string
}

/** What kind of exchange a grant covers. */
export type GrantKind = 'api' | 'events' | 'files' | 'stream'

/** One permission within an agreement. */
export type Grant = {
  /** A service of the provider. */
  readonly service: string
  readonly serviceName?: Bilingual
  readonly operations: readonly Operation[]
  readonly kinds: readonly GrantKind[]
  readonly dataClass: DataClass
  /** Systems of the consumer; absent: the consumer itself and each of its systems. */
  readonly clients?: readonly string[]
  /** Codes of the network, or words. */
  readonly purpose?: Bilingual | readonly string[]
  readonly legalBasis?: string
  /** Absent: no limit. Days are days of UTC. */
  readonly limits?: {
    readonly requestsPerSecond?: number
    readonly requestsPerDay?: number
    readonly bytesPerDay?: number
  }
  /** Default: at any time. */
  readonly hours?: Hours
  /** Branches that a path must not, or may only, lead through; classes to which each of them must belong. */
  readonly transit?: {
    readonly avoid?: readonly string[]
    readonly only?: readonly string[]
    readonly onlyClasses?: readonly string[]
  }
  /** Default: false. */
  readonly retainPayload?: boolean
  /** Default: false. */
  readonly acknowledgementRequired?: boolean
}

/** The longest canonical text of a content. Unit: UTF-8 bytes. */
export const MAX_AGREEMENT_BYTES = 262_144

/**
 * Holds a value against the rules for content: the frozen content, or **every** problem with its place.
 * Unknown members are problems: nobody signs what a gateway would not enforce.
 */
export function checkAgreement(value: unknown): Decoded<Agreement> {
  let copy: Json
  try {
    // The canonical text is what will be hashed, so the check is made on nothing else.
    const canonical = canonicalJson(value)
    if (Buffer.byteLength(canonical, 'utf8') > MAX_AGREEMENT_BYTES) return oneProblem('is too large')
    copy = JSON.parse(canonical) as Json
  } catch {
    return oneProblem('is not JSON')
  }
  return decodeShape(AGREEMENT, copy)
}

/**
 * The content in a value that should be one.
 *
 * @throws WuslaError `invalid_agreement`, with every problem in `details.problems` (`{path, problem}`).
 */
export function decodeAgreement(value: unknown): Agreement {
  const decoded = checkAgreement(value)
  if (!decoded.ok) throw new WuslaError('invalid_agreement', { details: { problems: decoded.problems } })
  return decoded.value
}

/** The name of a content: SHA-256 of its canonical JSON, base64url. What both parties sign. */
export function agreementHash(content: Agreement): string {
  return digest256(canonicalJson(content))
}

/** What it is about; a content without a kind is about services. */
export function kindOf(content: Agreement): AgreementKind {
  return content.kind ?? 'service'
}

/** Whether it is of the kind that grants access. */
export function isServiceAgreement(content: Agreement): content is ServiceAgreement {
  return kindOf(content) === 'service'
}

/** What it grants: nothing, unless it is about services. */
export function grantsOf(content: Agreement): readonly Grant[] {
  return isServiceAgreement(content) ? content.grants : []
}

/** The member that offers the services. */
export function providerOf(content: ServiceAgreement): string {
  return partyOf(content, 'provider')
}

/** The member whose systems call. */
export function consumerOf(content: ServiceAgreement): string {
  return partyOf(content, 'consumer')
}

function partyOf(content: ServiceAgreement, role: 'provider' | 'consumer'): string {
  const party = content.parties.find((party) => party.role === role)
  if (party === undefined) throw new WuslaError('invalid_agreement')
  return party.member
}

function oneProblem(problem: string): Decoded<Agreement> {
  return { ok: false, problems: [{ path: '', problem }] }
}
