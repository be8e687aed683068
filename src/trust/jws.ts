import { canonicalJson, parseCanonicalJson } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { isSealAlgorithm } from './seal-key.ts'
import type { SealAlgorithm, SealKey, SealVerifier } from './seal-key.ts'
import { decodeShape, objectOf, text } from './shape.ts'

/** A longer compact JWS is refused before it is parsed. Unit: characters. */
export const MAX_JWS_LENGTH = 65_536

const HEADER = objectOf({ alg: text({ max: 32 }), kid: text({ max: 64 }), typ: text({ max: 64 }) })

/** What {@link verifyJws} gives back: words that this key signed, nothing else of the message. */
export interface VerifiedJws {
  readonly payload: Json
  /** The key id that signed. */
  readonly kid: string
}

/**
 * Signs canonical JSON as a compact JWS (RFC 7515). The protected header holds exactly `alg`, `kid` and `typ`.
 *
 * @param options.typ - says what the words mean, such as `wusla-acceptance+jws`; no other use accepts them.
 */
export async function signJws(options: { typ: string; payload: Json; key: SealKey }): Promise<string> {
  const { typ, payload, key } = options
  const header = encode(canonicalJson({ alg: key.algorithm, kid: key.keyId, typ }))
  const signed = `${header}.${encode(canonicalJson(payload))}`
  const seal = await key.sign(Buffer.from(signed, 'ascii'))
  return `${signed}.${seal.value}`
}

/**
 * Verifies a compact JWS made by {@link signJws}. The bound key decides the algorithm: `alg` in the message may
 * only agree (RFC 8725 section 3.1). Header members beyond `alg`, `kid` and `typ` are refused, `crit` included.
 *
 * @param options.resolveKey - gives the verifier of a key the expected signer may use, else undefined.
 * @throws WuslaError `invalid_signature`; `details.step` (for the local event only) says what failed.
 */
export function verifyJws(
  compact: string,
  options: { typ: string; resolveKey: (kid: string) => SealVerifier | undefined },
): VerifiedJws {
  if (compact.length > MAX_JWS_LENGTH) throw refused('length')
  const [headerPart, payloadPart, value, ...rest] = compact.split('.')
  if (headerPart === undefined || payloadPart === undefined || value === undefined || rest.length > 0) {
    throw refused('form')
  }
  const { alg, kid } = readHeader(headerPart, options.typ)
  const verifier = options.resolveKey(kid)
  if (verifier === undefined) throw refused('unknown_key', { kid })
  const signed = Buffer.from(`${headerPart}.${payloadPart}`, 'ascii')
  if (!verifier.verify(signed, { alg, key: kid, value })) throw refused('signature', { kid })
  return { payload: readPart(payloadPart), kid }
}

function readHeader(part: string, typ: string): { alg: SealAlgorithm; kid: string } {
  const header = decodeShape(HEADER, readPart(part))
  if (!header.ok) throw refused('header')
  const { alg, kid } = header.value
  if (header.value.typ !== typ) throw refused('typ')
  if (!isSealAlgorithm(alg)) throw refused('algorithm')
  return { alg, kid }
}

function readPart(part: string): Json {
  const bytes = Buffer.from(part, 'base64url')
  // Node skips characters it does not know; one text per byte string keeps hashes of a JWS meaningful.
  if (bytes.toString('base64url') !== part) throw refused('encoding')
  try {
    return parseCanonicalJson(bytes.toString('utf8'))
  } catch (cause) {
    throw refused('encoding', {}, cause)
  }
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

function refused(step: string, details: Record<string, unknown> = {}, cause?: unknown): WuslaError {
  return new WuslaError('invalid_signature', { details: { step, ...details }, cause })
}
