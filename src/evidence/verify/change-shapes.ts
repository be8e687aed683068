import type { Json } from '../../protocol/canonical-json.ts'
import { isBranchClass } from '../../protocol/branch-class.ts'
import { isTime } from '../../protocol/clock.ts'
import { isDigest256 } from '../../protocol/digest.ts'
import { isIdentifier, networkOf } from '../../protocol/identifier.ts'
import type { IdentifierKind } from '../../protocol/identifier.ts'
import { decodeShape, listOf, objectOf, oneOf, text, wholeNumber } from '../../trust/shape.ts'
import type { Decoded, Shape } from '../../trust/shape.ts'
import { isBase64url, isBase64urlOf } from '../../trust/text-form.ts'
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

/** Dotted, no leading zeros: an OID has one spelling. */
const OID = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,31}$/
// What a verifier shows to people must not steer their screen.
// oxlint-disable-next-line no-control-regex -- these are the characters to refuse
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const line = text({ max: 200, test: (value) => value.isWellFormed() && !CONTROL.test(value) })
const mandateId = text({ max: 43, test: isMandateId, what: '16 to 32 bytes in base64url' })
const oid = text({ max: 255, test: (value) => OID.test(value), what: 'an object identifier' })
const certificate = text({ max: 8192, test: isBase64url, what: 'a certificate in base64url' })
const yes: Shape<unknown> = {
  check(value, path, problems) {
    if (value !== true) problems.push({ path, problem: 'must be true, or absent' })
  },
}

/** Whether a text has the form of a mandate's id. */
export function isMandateId(value: string): boolean {
  return isBase64urlOf(value, 16, 32)
}

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
  signing_policy_set: () => ({
    level: oneOf('advanced', 'qualified'),
    qualifiedPolicies: listOf(oid, { min: 0, max: 16, unique: true }),
    roots: listOf(certificate, { max: 16, unique: true }),
    answerWithinDays: wholeNumber(1, 365),
  }),
  mandate_granted: (id) => ({
    member: id('member'),
    mandate: mandateId,
    holder: digest,
    office: objectOf({ ar: line, en: line }),
    kinds: listOf(oneOf('service', 'hosting', 'membership'), { max: 3, unique: true }),
    dataClassUpTo: oneOf('open', 'confidential', 'sensitive', 'secret'),
    instrument: digest,
    validFrom: time,
    validUntil: time,
  }),
  mandate_ended: (id) => ({ member: id('member'), mandate: mandateId, reason }),
}

const OPTIONAL: Readonly<Partial<Record<TrustChangeKind, Fields>>> = {
  gateway_enrolled: { voucher: compactJws },
  branch_commissioned: { class: text({ max: 32, test: isBranchClass, what: 'a class of branches' }) },
  agreement_effective: {
    document: digest,
    signedUnder: listOf(listOf(mandateId, { max: 2, unique: true }), { min: 2, max: 2 }),
    supersedes: digest,
  },
  signing_policy_set: { testAuthorities: yes },
  mandate_granted: {
    ceilingAed: wholeNumber(0, 1_000_000_000),
    fourEyes: yes,
    delegable: yes,
    delegatedFrom: mandateId,
  },
}

/** What no single member of a change shows. */
const RULES: Readonly<
  Partial<Record<TrustChangeKind, (change: Readonly<Record<string, unknown>>) => boolean>>
> = {
  agreement_effective: ({ document, signedUnder }) =>
    (document === undefined) === (signedUnder === undefined),
  signing_policy_set: ({ level, qualifiedPolicies }) =>
    level !== 'qualified' || (Array.isArray(qualifiedPolicies) && qualifiedPolicies.length > 0),
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
    const fields = { ...base, ...FIELDS[kind](id) }
    const shape = objectOf<Fields, Fields>(fields, OPTIONAL[kind] ?? {}, (value, report) => {
      if (RULES[kind]?.(value) === false) report('', 'contradicts itself')
    })
    return decodeShape(shape as Shape<unknown> as Shape<TrustChange>, change)
  }
}
