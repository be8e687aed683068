import { canonicalJson, parseCanonicalJson } from '../protocol/canonical-json.ts'
import type { Json, JsonObject } from '../protocol/canonical-json.ts'
import { isTime } from '../protocol/clock.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SealKey, SealVerifier } from './seal-key.ts'
import { decodeShape, listOf, objectOf, oneOf, openObjectOf, text } from './shape.ts'
import type { Shape } from './shape.ts'

/** The signed bytes of a change start with this line, so that no other signature can be taken for one. */
const DOMAIN = 'wusla/change/v1\n'

/** What every change says, whatever its kind adds. Meaning and authority of each kind belong to the directory. */
export type Change = {
  readonly type: 'wusla/change/v1'
  readonly kind: string
  readonly network: string
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string
}

/** One signature on a change. `by` is the text identifier of the signer, or `registry`. */
export type ChangeSignature = {
  readonly alg: string
  readonly by: string
  readonly key: string
  readonly value: string
}

/** A change with the signatures it needs: one entry of the directory. */
export type SignedChange = {
  readonly change: Change & JsonObject
  readonly signatures: readonly ChangeSignature[]
}

/** The most signatures one change may carry. */
export const MAX_CHANGE_SIGNATURES = 8

const SIGNED_CHANGE: Shape<SignedChange> = objectOf({
  change: openObjectOf({
    type: oneOf('wusla/change/v1'),
    kind: text({ max: 64, test: (value) => /^[a-z]+(_[a-z]+)*$/.test(value), what: 'a kind of change' }),
    network: text({ test: (value) => isIdentifier('network', value), what: 'a network name' }),
    time: text({ test: isTime, what: 'an instant' }),
  }),
  signatures: listOf(
    objectOf({
      alg: text({ max: 32 }),
      by: text({ max: 1024 }),
      key: text({ max: 64 }),
      value: text({ max: 16_384 }),
    }),
    { max: MAX_CHANGE_SIGNATURES },
  ),
})

/** The exact bytes that a signature on a change covers: a domain line, then the change in canonical JSON. */
export function changeSigningBytes(change: Change): Buffer {
  return Buffer.from(DOMAIN + canonicalJson(change), 'utf8')
}

/** Signs a change in the name of `by`. Whether `by` has the right to it is judged by every follower. */
export async function signChange(change: Change, by: string, key: SealKey): Promise<ChangeSignature> {
  const seal = await key.sign(changeSigningBytes(change))
  return { alg: seal.alg, by, key: seal.key, value: seal.value }
}

/**
 * True when `signature` was made over these bytes by the verifier's key.
 *
 * @param signingBytes - from {@link changeSigningBytes}; computed once for all signatures of a change.
 */
export function verifyChangeSignature(
  signingBytes: Uint8Array,
  signature: ChangeSignature,
  verifier: SealVerifier,
): boolean {
  const { alg, key, value } = signature
  return verifier.verify(signingBytes, { alg, key, value })
}

/**
 * The entry for the directory's ledger: canonical JSON.
 *
 * @throws WuslaError `entry_too_large` above {@link MAX_ENTRY_BYTES}.
 */
export function encodeSignedChange(signed: {
  readonly change: Change
  readonly signatures: readonly ChangeSignature[]
}): string {
  const { change, signatures } = signed
  const entry = canonicalJson({ change, signatures: signatures.map((signature) => ({ ...signature })) })
  const bytes = Buffer.byteLength(entry, 'utf8')
  if (bytes > MAX_ENTRY_BYTES) {
    throw new WuslaError('entry_too_large', { details: { bytes, maxBytes: MAX_ENTRY_BYTES } })
  }
  return entry
}

/**
 * Reads an entry. Checks its form only: canonical JSON, the common members of a change, 1 to 8 signatures.
 *
 * @throws WuslaError `change_refused`, with the list of problems in `details.problems`.
 */
export function decodeSignedChange(entry: string): SignedChange {
  if (Buffer.byteLength(entry, 'utf8') > MAX_ENTRY_BYTES) {
    throw new WuslaError('change_refused', { message: 'the entry is too large' })
  }
  let json: Json
  try {
    json = parseCanonicalJson(entry)
  } catch (cause) {
    throw new WuslaError('change_refused', { message: 'the entry is not canonical JSON', cause })
  }
  const decoded = decodeShape(SIGNED_CHANGE, json)
  if (!decoded.ok) throw new WuslaError('change_refused', { details: { problems: decoded.problems } })
  return decoded.value
}
