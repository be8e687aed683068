import { isIP } from 'node:net'
import { isBranchClass } from '../protocol/branch-class.ts'
import { isTime } from '../protocol/clock.ts'
import { isIdentifier, networkOf } from '../protocol/identifier.ts'
import type { IdentifierKind } from '../protocol/identifier.ts'
import { MAX_GLOB_LENGTH } from '../protocol/limits.ts'
import { MAX_JWS_LENGTH } from '../trust/jws.ts'
import type { Change as AnyChange } from '../trust/signed-change.ts'
import { decodeShape, listOf, objectOf, oneOf, text, wholeNumber } from '../trust/shape.ts'
import type { Decoded, Shape } from '../trust/shape.ts'
import { isBase64url, isHttpUrl } from '../trust/text-form.ts'
import type { Change, ChangeKind } from './change.ts'
import {
  agreementFields,
  digest,
  line,
  mandateFields,
  name,
  policyFields,
  reason,
  time,
} from './signing-shapes.ts'

/**
 * The one accepted form of a P-256 public key, base64url of its 91-byte SubjectPublicKeyInfo with an
 * uncompressed point: the constant header makes the first 36 characters, four stray bits end the last one.
 */
const PUBLIC_KEY = /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9_-]{85}[AQgw]$/
const VERIFIER_KEY = /^[^\s+]{1,512}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/
const ADDRESS = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/
const METHOD = /^(?:\*|[A-Z][A-Z-]{0,31})$/

const publicKey = text({ max: 122, test: (value) => PUBLIC_KEY.test(value), what: 'a P-256 public key' })
const verifierKey = text({ max: 640, test: (value) => VERIFIER_KEY.test(value), what: 'a verifier key' })
const address = text({ max: 263, test: isAddress, what: 'host:port' })
const numericAddress = text({
  max: 53,
  test: isNumericAddress,
  what: 'IPv4:port or [IPv6]:port',
})
const branchClass = text({ max: 32, test: isBranchClass, what: 'a class of branches' })
const date = text({ max: 10, test: isDate, what: 'a date such as 2024-03-01' })
const mirrorUrl = text({ max: 512, test: isHttpUrl, what: 'an http or https URL without a trailing slash' })
const compactJws = text({ max: Math.min(4096, MAX_JWS_LENGTH) })
const operation = objectOf({
  method: text({ max: 32, test: (value) => METHOD.test(value), what: 'a method or *' }),
  path: line(MAX_GLOB_LENGTH),
})
const operations = listOf(operation, { min: 1, max: 200 })

function isAddress(value: string): boolean {
  return ADDRESS.test(value) && Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535
}

/** A host name would let whoever holds its zone turn the dialler to another address after the seal. */
function isNumericAddress(value: string): boolean {
  const host = value.slice(0, value.lastIndexOf(':'))
  return isAddress(value) && isIP(host.startsWith('[') ? host.slice(1, -1) : host) !== 0
}

function isDate(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) && isTime(`${value}T00:00:00.000Z`)
}

/** Shapes of all kinds for one network: an identifier of another network is a problem wherever it stands. */
export type ChangeShapes = Readonly<Record<ChangeKind, Shape<unknown>>>

/** The shapes of `docs/spec/directory.md`, section 4, for this network. */
export function changeShapes(network: string): ChangeShapes {
  const id = (...kinds: IdentifierKind[]): Shape<string> =>
    text({
      max: 4096,
      test: (value) => networkOf(value) === network && kinds.some((kind) => isIdentifier(kind, value)),
      what: `a ${kinds.join(' or ')} of this network`,
    })
  const base = (kind: ChangeKind) => ({
    type: oneOf('wusla/change/v1'),
    kind: oneOf(kind),
    network: oneOf(network),
    time,
  })
  const standing = (kind: ChangeKind) => objectOf({ ...base(kind), member: id('member'), reason })
  const agreementStanding = (kind: ChangeKind) =>
    objectOf({ ...base(kind), agreement: digest, party: id('member'), reason })
  return {
    network_founded: objectOf({
      ...base('network_founded'),
      registryKey: publicKey,
      rootCertificate: text({ max: 4096, test: isBase64url, what: 'base64url' }),
      logKey: verifierKey,
      name,
      maxStalenessHours: wholeNumber(1, 8760),
    }),
    member_admitted: objectOf({ ...base('member_admitted'), member: id('member'), name }),
    member_suspended: standing('member_suspended'),
    member_resumed: standing('member_resumed'),
    member_readmitted: standing('member_readmitted'),
    ...gatewayShapes(base, id),
    ...serviceShapes(base, id),
    ...branchShapes(base, id),
    ...signingShapes(base, id),
    agreement_suspended: agreementStanding('agreement_suspended'),
    agreement_resumed: agreementStanding('agreement_resumed'),
    agreement_revoked: agreementStanding('agreement_revoked'),
  }
}

type Base = (kind: ChangeKind) => Readonly<Record<string, Shape<unknown>>>
type Id = (...kinds: IdentifierKind[]) => Shape<string>
type ShapesOf<Kind extends ChangeKind> = Readonly<Record<Kind, Shape<unknown>>>

function signingShapes(
  base: Base,
  id: Id,
): ShapesOf<'agreement_effective' | 'signing_policy_set' | 'mandate_granted' | 'mandate_ended'> {
  const member = id('member')
  return {
    agreement_effective: objectOf(
      {
        ...base('agreement_effective'),
        agreement: digest,
        parties: listOf(member, { min: 2, max: 2, unique: true }),
        validFrom: time,
        validUntil: time,
        acceptances: listOf(compactJws, { min: 2, max: 2 }),
      },
      agreementFields.optional,
      agreementFields.rule,
    ),
    signing_policy_set: objectOf(
      { ...base('signing_policy_set'), ...policyFields.required },
      policyFields.optional,
      policyFields.rule,
    ),
    mandate_granted: objectOf(
      { ...base('mandate_granted'), member, ...mandateFields.required },
      mandateFields.optional,
    ),
    mandate_ended: objectOf({
      ...base('mandate_ended'),
      member,
      mandate: mandateFields.required.mandate,
      reason,
    }),
  }
}

function gatewayShapes(
  base: Base,
  id: Id,
): ShapesOf<
  | 'gateway_enrolled'
  | 'gateway_retired'
  | 'gateway_direct_announced'
  | 'gateway_direct_withdrawn'
  | 'key_bound'
  | 'key_revoked'
> {
  const member = id('member')
  const gateway = id('gateway')
  return {
    gateway_enrolled: objectOf(
      {
        ...base('gateway_enrolled'),
        gateway,
        member,
        sealKey: publicKey,
        tlsKey: publicKey,
        ledgerKey: verifierKey,
        branches: listOf(id('branch'), { min: 0, max: 16, unique: true }),
      },
      { voucher: compactJws },
    ),
    key_bound: objectOf({ ...base('key_bound'), gateway, member, use: oneOf('seal', 'tls'), publicKey }),
    key_revoked: objectOf({ ...base('key_revoked'), member, key: digest, reason, at: time }),
    gateway_retired: objectOf({ ...base('gateway_retired'), gateway }),
    gateway_direct_announced: objectOf({
      ...base('gateway_direct_announced'),
      gateway,
      member,
      address: numericAddress,
    }),
    gateway_direct_withdrawn: objectOf({ ...base('gateway_direct_withdrawn'), gateway, member }),
  }
}

function serviceShapes(
  base: Base,
  id: Id,
): ShapesOf<'system_registered' | 'service_published' | 'service_withdrawn'> {
  return {
    system_registered: objectOf({ ...base('system_registered'), system: id('system'), name }),
    service_published: objectOf(
      {
        ...base('service_published'),
        service: id('service'),
        serviceKind: oneOf('api', 'events', 'files', 'stream'),
        xroadType: oneOf('REST', 'OPENAPI'),
        name,
      },
      {
        description: objectOf({ ar: line(2000), en: line(2000) }),
        operations,
        open: objectOf({ operations }),
      },
    ),
    service_withdrawn: objectOf({ ...base('service_withdrawn'), service: id('service') }),
  }
}

function branchShapes(
  base: Base,
  id: Id,
): ShapesOf<
  | 'branch_commissioned'
  | 'branch_classed'
  | 'branch_leaving'
  | 'branch_retired'
  | 'line_registered'
  | 'line_removed'
> {
  const branch = id('branch')
  const lineId = text({ max: 64, test: (value) => /^[A-Za-z0-9._-]+$/.test(value), what: 'a line id' })
  return {
    branch_commissioned: objectOf(
      {
        ...base('branch_commissioned'),
        branch,
        host: id('member'),
        controlAddress: address,
        tunnelAddress: address,
        mirrorUrl,
        tlsKey: publicKey,
        witnessKey: verifierKey,
      },
      { class: branchClass },
    ),
    branch_classed: objectOf({ ...base('branch_classed'), branch }, { class: branchClass }),
    branch_leaving: objectOf({ ...base('branch_leaving'), branch }),
    branch_retired: objectOf({ ...base('branch_retired'), branch }),
    line_registered: objectOf(
      {
        ...base('line_registered'),
        line: lineId,
        ends: listOf(id('branch', 'gateway'), { min: 2, max: 2, unique: true }),
        capacityMbps: wholeNumber(1, 10_000_000),
        monthlyCostAed: wholeNumber(0, 1_000_000_000),
        owner: line(200),
        riskGroups: listOf(line(64), { min: 0, max: 32, unique: true }),
      },
      { installedSince: date },
    ),
    line_removed: objectOf({ ...base('line_removed'), line: lineId }),
  }
}

/** Holds a change against the shape of its kind. A kind this version does not know is a problem. */
export function decodeChange(shapes: ChangeShapes, change: AnyChange): Decoded<Change> {
  const { kind } = change
  if (!Object.hasOwn(shapes, kind)) {
    return { ok: false, problems: [{ path: '/kind', problem: 'is not a known kind of change' }] }
  }
  return decodeShape(shapes[kind as ChangeKind] as Shape<Change>, change)
}
