import { formatTime, isTime } from '../protocol/clock.ts'
import { isDigest256 } from '../protocol/digest.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { signJws, verifyJws } from '../trust/jws.ts'
import type { SealKey, SealVerifier } from '../trust/seal-key.ts'
import { decodeShape, listOf, objectOf, oneOf, text } from '../trust/shape.ts'
import { isBase64urlOf } from '../trust/text-form.ts'

/**
 * One party's signature under an agreement. An agreement carries a list of them, and a party may give several of
 * different types: `seal` is the signature of the member's machine, which the directory demands.
 */
export type Acceptance = {
  readonly type: 'seal'
  /** Compact JWS from {@link makeAcceptance}. */
  readonly jws: string
}

/** What a verified acceptance says. */
export interface AcceptedWords {
  /** Hash of the content. */
  readonly agreement: string
  readonly member: string
  readonly act: 'accept'
  /** When the member signed, by its own clock. */
  readonly time: string
  /** Digest of the signed PDF as it stood after this member's officials: with `mandates`, or neither is there. */
  readonly document?: string
  /** The mandates under which they signed: one, or two of different people. */
  readonly mandates?: readonly string[]
  /** Key id of the seal. */
  readonly kid: string
}

/** What the member's officials signed, and under which mandates. */
export interface SignedByOfficials {
  /** `digest256` of the PDF after their signatures and the validation data for them. */
  readonly document: string
  /** One or two different mandate ids. */
  readonly mandates: readonly string[]
}

const TYP = 'wusla-acceptance+jws'

const digest = text({ test: isDigest256, what: 'a SHA-256 in base64url' })
const mandate = text({ test: (value) => isBase64urlOf(value, 16, 32), what: 'a mandate id' })

const ACCEPTANCE = objectOf(
  {
    act: oneOf('accept'),
    agreement: digest,
    member: text({ max: 4096, test: (value) => isIdentifier('member', value), what: 'a member' }),
    time: text({ max: 24, test: isTime, what: 'an instant' }),
  },
  { document: digest, mandates: listOf(mandate, { min: 1, max: 2, unique: true }) },
  ({ document, mandates }, report) => {
    if ((document === undefined) !== (mandates === undefined)) report('/document', 'comes with mandates')
  },
)

/**
 * Signs that `member` accepts the content with this hash. Show the content to whoever decides before this.
 *
 * @param options.signed - the document and the mandates of the officials who signed it; default: none did, which a
 * network takes only while it has no signing policy.
 */
export async function makeAcceptance(options: {
  readonly agreement: string
  readonly member: string
  readonly nowMs: number
  readonly key: SealKey
  readonly signed?: SignedByOfficials
}): Promise<string> {
  const { agreement, member, nowMs, key, signed } = options
  const officials = signed === undefined ? {} : { document: signed.document, mandates: [...signed.mandates] }
  const payload = { act: 'accept', agreement, member, time: formatTime(nowMs), ...officials }
  return await signJws({ typ: TYP, payload, key })
}

/**
 * Verifies that `member` accepted this content.
 *
 * @param wanted.resolveKey - the verifier of a seal key that is active **for this member**, else undefined: the
 * acceptance names a member, but only the binding of the key in the directory proves it.
 * @throws WuslaError `invalid_signature`; `details.step` is for the local event.
 */
export function verifyAcceptance(
  jws: string,
  wanted: {
    readonly agreement: string
    readonly member: string
    readonly resolveKey: (kid: string) => SealVerifier | undefined
  },
): AcceptedWords {
  const words = readAcceptance(jws, wanted.resolveKey)
  if (words.agreement !== wanted.agreement) throw refused('agreement', words.kid)
  if (words.member !== wanted.member) throw refused('member', words.kid)
  return words
}

/**
 * The parties that have not accepted yet; none means that the agreement may take effect. An item that does not
 * verify is an error and not merely missing: somebody put it there.
 *
 * @param wanted.resolveKey - an active seal key and the member it is bound to, else undefined.
 * @throws WuslaError `invalid_signature`.
 */
export function missingAcceptances(
  acceptances: readonly Acceptance[],
  wanted: {
    readonly agreement: string
    readonly parties: readonly string[]
    readonly resolveKey: (
      kid: string,
    ) => { readonly member: string; readonly verifier: SealVerifier } | undefined
  },
): readonly string[] {
  const accepted = new Set<string>()
  for (const { jws } of acceptances) {
    const { agreement, member, kid } = readAcceptance(jws, (kid) => wanted.resolveKey(kid)?.verifier)
    if (agreement !== wanted.agreement) throw refused('agreement', kid)
    if (member !== wanted.resolveKey(kid)?.member) throw refused('member', kid)
    if (!wanted.parties.includes(member)) throw refused('party', kid)
    accepted.add(member)
  }
  return wanted.parties.filter((party) => !accepted.has(party))
}

function readAcceptance(jws: string, resolveKey: (kid: string) => SealVerifier | undefined): AcceptedWords {
  const { payload, kid } = verifyJws(jws, { typ: TYP, resolveKey })
  const words = decodeShape(ACCEPTANCE, payload)
  if (!words.ok) throw refused('form', kid)
  return { ...words.value, kid }
}

function refused(step: string, kid: string): WuslaError {
  return new WuslaError('invalid_signature', { details: { step, kid } })
}
