import { canonicalJson, parseCanonicalJson } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { digest256, isDigest256 } from '../protocol/digest.ts'
import { isIdentifier, networkOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import {
  MAX_ANNOUNCED_STREAMS,
  MAX_FEATURES,
  MAX_INITIAL_CREDIT_BYTES,
  MAX_SEAL_KEYS,
  MIN_INITIAL_CREDIT_BYTES,
} from './session-limits.ts'

/** The version of the protocol spoken here. */
export const SESSION_VERSION = 1

/** Longest HELLO, in bytes. */
const MAX_HELLO_BYTES = 4_096

/** The first frame of both sides: docs/spec/session.md, section 4. */
export interface Hello {
  readonly version: number
  readonly network: string
  readonly gateway: string
  /** 32 random bytes, base64url. */
  readonly nonce: string
  /** The keys this side means to seal with: for diagnosis only, the directory decides. */
  readonly sealKeys: readonly string[]
  /** Body bytes the other side may send on a new stream before it gets more. */
  readonly initialCredit: number
  /** Streams the other side may have open. */
  readonly maxStreams: number
  /** Codes of what this side understands beyond version 1. Absent, as from older gateways: nothing. */
  readonly features?: readonly string[]
}

const FEATURE = /^[a-z][a-z0-9_]{0,63}$/

/** The payload of a HELLO frame. */
export function encodeHello(hello: Hello): string {
  return canonicalJson(hello)
}

/**
 * Reads a HELLO. Members it does not know are passed over: a later version may add some.
 *
 * @throws WuslaError `invalid_frame`; `unsupported_version` when it speaks another version only
 */
export function decodeHello(text: string): Hello {
  let value: Json
  try {
    value = parseCanonicalJson(text, { maxBytes: MAX_HELLO_BYTES, maxDepth: 3 })
  } catch (cause) {
    throw new WuslaError('invalid_frame', { message: 'A HELLO is not canonical JSON.', cause })
  }
  if (typeof value !== 'object' || value === null) {
    throw new WuslaError('invalid_frame', { message: 'A HELLO is not an object.' })
  }
  const read = value as unknown as Hello
  const { version, network, gateway, nonce, sealKeys, initialCredit, maxStreams, features } = read
  if (Number.isSafeInteger(version) && version !== SESSION_VERSION) {
    throw new WuslaError('unsupported_version', { details: { version } })
  }
  const known = { version, network, gateway, nonce, sealKeys, initialCredit, maxStreams }
  const hello = features === undefined ? known : { ...known, features }
  if (!isHello(hello)) throw new WuslaError('invalid_frame', { message: 'A HELLO has not the agreed form.' })
  return Object.freeze(hello)
}

function isHello(hello: Hello): boolean {
  return (
    hello.version === SESSION_VERSION &&
    typeof hello.network === 'string' &&
    isIdentifier('network', hello.network) &&
    typeof hello.gateway === 'string' &&
    isIdentifier('gateway', hello.gateway) &&
    networkOf(hello.gateway) === hello.network &&
    isDigest(hello.nonce) &&
    Array.isArray(hello.sealKeys) &&
    hello.sealKeys.length <= MAX_SEAL_KEYS &&
    hello.sealKeys.every(isDigest) &&
    isBetween(hello.initialCredit, MIN_INITIAL_CREDIT_BYTES, MAX_INITIAL_CREDIT_BYTES) &&
    isBetween(hello.maxStreams, 1, MAX_ANNOUNCED_STREAMS) &&
    (hello.features === undefined || isFeatures(hello.features))
  )
}

/** Codes that are not known here are in order: a later version has more. */
function isFeatures(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= MAX_FEATURES &&
    value.every((code) => typeof code === 'string' && FEATURE.test(code))
  )
}

/** 32 bytes in base64url with one spelling: the form of a nonce and of a key id. */
function isDigest(value: unknown): boolean {
  return typeof value === 'string' && isDigest256(value)
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

/**
 * The name of a session: both nonces and, over TLS, key material only the two ends of this connection have. Every
 * batch carries it, so a batch of one session is worthless in any other.
 */
export function sessionId(initiator: Hello, acceptor: Hello, exporter: Uint8Array | undefined): string {
  return digest256(
    Buffer.concat([
      Buffer.from('wusla/session/v1\n'),
      Buffer.from(initiator.nonce, 'base64url'),
      Buffer.from(acceptor.nonce, 'base64url'),
      exporter ?? new Uint8Array(0),
    ]),
  )
}
