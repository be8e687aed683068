import { randomBytes } from 'node:crypto'
import type { Json } from '../protocol/canonical-json.ts'
import { formatTime, isTime, parseTime } from '../protocol/clock.ts'
import { digest256 } from '../protocol/digest.ts'
import { WuslaError, isWuslaError } from '../protocol/wusla-error.ts'
import { signJws, verifyJws } from './jws.ts'
import type { VerifiedJws } from './jws.ts'
import type { NonceMemory } from './nonce-memory.ts'
import type { SealKey, SealVerifier } from './seal-key.ts'
import { decodeShape, objectOf, type Shaped, text } from './shape.ts'
import { isBase64urlOf } from './text-form.ts'

/** A sealed request is good for this long after its time, and as long before it if clocks differ. Unit: ms. */
export const SEALED_REQUEST_WINDOW_MS = 60_000

const TYP = 'wusla-request+jws'
const SCHEME = 'Wusla-Seal '

/** The parts of an HTTP request that the seal covers. */
export interface SealedParts {
  readonly method: string
  /** The request target exactly as sent: path and query. */
  readonly path: string
  /** The body exactly as sent; empty when there is none. */
  readonly body: Uint8Array | string
}

/** Who sent a checked request. */
export interface RequestSender {
  /** Identifier of the gateway or branch. */
  readonly actor: string
  readonly kid: string
}

const PAYLOAD = objectOf({
  actor: text({ max: 1024 }),
  aud: text(),
  bodySha256: text({ test: (value) => isBase64urlOf(value, 32), what: 'a SHA-256 in base64url' }),
  method: text({ max: 16 }),
  nonce: text({ test: (value) => isBase64urlOf(value, 16, 64), what: '16 to 64 bytes in base64url' }),
  path: text({ max: 8192 }),
  time: text({ test: isTime, what: 'an instant' }),
})

/**
 * The value of the `Authorization` header that lets a gateway or branch speak to the registry under its own
 * name. Each call needs a fresh one: it works once.
 */
export async function sealRequest(
  parts: SealedParts & {
    readonly actor: string
    readonly network: string
    readonly key: SealKey
    readonly nowMs: number
    /** Default: 16 random bytes. */
    readonly nonce?: Uint8Array
  },
): Promise<string> {
  const payload = {
    actor: parts.actor,
    aud: parts.network,
    bodySha256: digest256(parts.body),
    method: parts.method,
    nonce: Buffer.from(parts.nonce ?? randomBytes(16)).toString('base64url'),
    path: parts.path,
    time: formatTime(parts.nowMs),
  }
  return SCHEME + (await signJws({ typ: TYP, payload, key: parts.key }))
}

/** A sealed request before its body was read. */
interface SealedHead extends Omit<SealedParts, 'body'> {
  readonly authorization: string | undefined
  readonly network: string
  readonly nowMs: number
  /** The verifier of an active key and the actor it is bound to, else undefined. */
  readonly resolveKey: (
    kid: string,
  ) => { readonly actor: string; readonly verifier: SealVerifier } | undefined
}

/**
 * Checks all of the `Authorization` header of a sealed request that can be checked before the body is read: so that a
 * stranger cannot make the server read a long one. It says nothing about the body, nor whether the request comes again.
 *
 * @throws WuslaError `unauthorized`
 */
export function checkSealedHead(request: SealedHead): RequestSender {
  const { said, kid } = readHead(request)
  return { actor: said.actor, kid }
}

/**
 * Checks the `Authorization` header of a sealed request.
 *
 * @param request.nonces - remembers what was used; keep one for the life of the server.
 * @throws WuslaError `unauthorized` for everything that does not hold; `details.step` is for the local event.
 * `too_many_requests` when the key used up its share of the memory for nonces.
 */
export function checkSealedRequest(
  request: SealedHead & SealedParts & { readonly nonces: NonceMemory },
): RequestSender {
  const { said, kid } = readHead(request)
  if (said.bodySha256 !== digest256(request.body)) throw refused('body')
  // Last, so that only a request that is good in every other way can take up memory.
  const fate = request.nonces.use(kid, said.nonce, request.nowMs)
  if (fate === 'full') throw new WuslaError('too_many_requests')
  if (fate === 'used') throw refused('replay')
  return { actor: said.actor, kid }
}

function readHead(request: SealedHead): { readonly said: Shaped<typeof PAYLOAD>; readonly kid: string } {
  const { authorization, nowMs } = request
  if (authorization === undefined || !authorization.startsWith(SCHEME)) throw refused('scheme')
  const { payload, kid } = verified(authorization.slice(SCHEME.length), request.resolveKey)
  const decoded = decodeShape(PAYLOAD, payload)
  if (!decoded.ok) throw refused('form')
  const said = decoded.value
  if (said.actor !== request.resolveKey(kid)?.actor) throw refused('actor')
  if (said.aud !== request.network) throw refused('network')
  if (said.method !== request.method || said.path !== request.path) throw refused('target')
  if (Math.abs(nowMs - parseTime(said.time)) > SEALED_REQUEST_WINDOW_MS) throw refused('time')
  return { said, kid }
}

function verified(
  jws: string,
  resolveKey: (kid: string) => { readonly verifier: SealVerifier } | undefined,
): VerifiedJws {
  try {
    return verifyJws(jws, { typ: TYP, resolveKey: (kid) => resolveKey(kid)?.verifier })
  } catch (cause) {
    const step: Json = isWuslaError(cause) ? String(cause.details['step']) : 'signature'
    throw refused(step, cause)
  }
}

function refused(step: string, cause?: unknown): WuslaError {
  return new WuslaError('unauthorized', { details: { step }, cause })
}
