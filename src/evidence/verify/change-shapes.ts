import type { Json } from '../../protocol/canonical-json.ts'
import { isBranchClass } from '../../protocol/branch-class.ts'
import { isTime } from '../../protocol/clock.ts'
import { isDigest256 } from '../../protocol/digest.ts'
import { isIdentifier, networkOf } from '../../protocol/identifier.ts'
import type { IdentifierKind } from '../../protocol/identifier.ts'
import { decodeShape, listOf, objectOf, oneOf, text, wholeNumber } from '../../trust/shape.ts'
import type { Decoded, Shape } from '../../trust/shape.ts'
import type { TrustChange, TrustChangeKind } from './trust-change.ts'

/** The one form of a P-256 key: the constant header of its 91 bytes makes the first 36 characters. */
const PUBLIC_KEY = /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9_-]{85}[AQgw]$/
const VERIFIER_KEY = /^[^\s+]{1,512}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/

// Members a verification has no use for (names, addresses) only need to be texts.
const word = (max: number): Shape<string> => text({ max, test: (value) => value.isWellFormed() })
const name = objectOf({ ar: word(200), en: word(200) })
const reason = word(500)
const time = text({ max: 24, test: isTime, what: 'a time in UTC with milliseconds' })
const digest = text({ max: 43, test: isDigest256, what: 'a SHA-256 in base64url' })
const publicKey = text({ max: 122, test: (value) => PUBLIC_KEY.test(value), what: 'a P-256 public key' })
const verifierKey = text({ max: 640, test: (value) => VERIFIER_KEY.test(value), what: 'a verifier key' })
const compactJws = text({ max: 4096 })

type Fields = Readonly<Record<string, Shape<unknown>>>

const FIELDS: Readonly<Record<TrustChangeKind, (id: (kind: IdentifierKind) => Shape<string>) => Fields>> = {
  network_founded: () => ({
    registryKey: publicKey,
    rootCertificate: word(4096),
    logKey: verifierKey,
    name,
    maxStalenessHours: wholeNumber(1, 8760),
  }),
  member_admitted: (id) => ({ member: id('member'), name }),
  member_suspended: (id) => ({ member: id('member'), reason }),
  member_resumed: (id) => ({ member: id('member'), reason }),
  member_readmitted: (id) => ({ member: id('member'), reason }),
  gateway_enrolled: (id) => ({
    gateway: id('gateway'),
    member: id('member'),
    sealKey: publicKey,
    tlsKey: publicKey,
    ledgerKey: verifierKey,
    branches: listOf(id('branch'), { min: 0, max: 16, unique: true }),
  }),
  key_bound: (id) => ({
    gateway: id('gateway'),
    member: id('member'),
    use: oneOf('seal', 'tls'),
    publicKey,
  }),
  key_revoked: (id) => ({ member: id('member'), key: digest, reason, at: time }),
  gateway_retired: (id) => ({ gateway: id('gateway') }),
  branch_commissioned: (id) => ({
    branch: id('branch'),
    host: id('member'),
    controlAddress: word(263),
    tunnelAddress: word(263),
    mirrorUrl: word(512),
    tlsKey: publicKey,
    witnessKey: verifierKey,
  }),
  branch_retired: (id) => ({ branch: id('branch') }),
  agreement_effective: (id) => ({
    agreement: digest,
    parties: listOf(id('member'), { min: 2, max: 2, unique: true }),
    validFrom: time,
    validUntil: time,
    acceptances: listOf(compactJws, { min: 2, max: 2 }),
  }),
  agreement_suspended: (id) => ({ agreement: digest, party: id('member'), reason }),
  agreement_resumed: (id) => ({ agreement: digest, party: id('member'), reason }),
  agreement_revoked: (id) => ({ agreement: digest, party: id('member'), reason }),
}

const OPTIONAL: Readonly<Partial<Record<TrustChangeKind, Fields>>> = {
  gateway_enrolled: { voucher: compactJws },
  branch_commissioned: { class: text({ max: 32, test: isBranchClass, what: 'a class of branches' }) },
}

/** Whether changes of this kind matter to a verification. */
export function isTrustChangeKind(kind: string): kind is TrustChangeKind {
  return Object.hasOwn(FIELDS, kind)
}

/** Reads changes of one network in their forms; an identifier of another network is a wrong form. */
export function createChangeReader(
  network: string,
): (kind: TrustChangeKind, change: Json) => Decoded<TrustChange> {
  const id = (kind: IdentifierKind): Shape<string> =>
    text({
      max: 4096,
      test: (value) => networkOf(value) === network && isIdentifier(kind, value),
      what: `a ${kind} of this network`,
    })
  return (kind, change) => {
    const base = { type: oneOf('wusla/change/v1'), kind: oneOf(kind), network: oneOf(network), time }
    const shape = objectOf<Fields, Fields>({ ...base, ...FIELDS[kind](id) }, OPTIONAL[kind] ?? {})
    return decodeShape(shape as Shape<unknown> as Shape<TrustChange>, change)
  }
}
