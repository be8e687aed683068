import { hash } from 'node:crypto'
import { canonicalString, parseJsonStrict } from './canonical-json.ts'
import { DIGEST_256_FORM, isDigest256 } from './digest.ts'
import { isIdentifier, networkOf } from './identifier.ts'
import { MAX_BATCH_HEADER_BYTES, MAX_BATCH_STATEMENTS, MAX_SEALS, MAX_SEAL_VALUE_BYTES } from './limits.ts'
import { rootOfTexts } from './merkle.ts'
import { WuslaError } from './wusla-error.ts'

/** What one seal covers: the statements of one kind that completed in one flush of one session. */
export interface BatchHeader {
  /** Gateway whose member speaks. */
  readonly from: string
  readonly kind: 'requests' | 'answers'
  readonly network: string
  /** RFC 6962 root over the statements, as `digest256` text. */
  readonly root: string
  /** Counts from 0 for each session, direction and kind. */
  readonly sequence: number
  /** The session's id, as `digest256` text. */
  readonly session: string
  /** How many statements; at least 1. */
  readonly size: number
  /** Gateway the statements are meant for. */
  readonly to: string
}

/** A signature by a member's key. Unknown algorithms are allowed: they make room for a second, later one. */
export interface Seal {
  /** `ES256` today. */
  readonly alg: string
  /** `keyIdOf` the public key. */
  readonly key: string
  /** base64url without padding; for `ES256` 64 bytes, r and s. */
  readonly value: string
}

/** A batch as it travels and as it is kept: the exact texts that were signed. */
export interface SealedBatch {
  readonly header: string
  readonly seals: readonly Seal[]
  readonly statements: readonly string[]
}

const SIGNING_PREFIX = 'wusla/batch/v1\n'
const ALGORITHM_FORM = '[A-Za-z0-9-]{1,32}'
const BASE64URL_FORM = '[\\w-]+'
const ALGORITHM = new RegExp(`^${ALGORITHM_FORM}$`)
const BASE64URL = new RegExp(`^${BASE64URL_FORM}$`)

/** Printable ASCII without quote and backslash is its own JSON string. */
const TEXT = '[ !#-[\\]-~]+'
const COUNT = '0|[1-9]\\d{0,14}'

/** Headers and seals as nearly all of them are: one expression shows that they are canonical and takes them apart. */
const PLAIN_HEADER = new RegExp(
  `^\\{"from":"(${TEXT})","kind":"(requests|answers)","network":"(${TEXT})","root":"(${DIGEST_256_FORM})"` +
    `,"sequence":(${COUNT}),"session":"(${DIGEST_256_FORM})","size":(${COUNT}),"to":"(${TEXT})","type":"wusla/batch/v1"\\}$`,
)
const PLAIN_SEAL = new RegExp(
  `^\\[\\{"alg":"(${ALGORITHM_FORM})","key":"(${DIGEST_256_FORM})","value":"(${BASE64URL_FORM})"\\}\\]$`,
)

/**
 * The canonical JSON text of a batch header.
 *
 * @throws WuslaError `invalid_json` if a text holds half a surrogate pair
 */
export function encodeBatchHeader(header: BatchHeader): string {
  return (
    `{"from":${canonicalString(header.from)},"kind":"${header.kind}","network":${canonicalString(header.network)}` +
    `,"root":"${header.root}","sequence":${header.sequence},"session":"${header.session}","size":${header.size}` +
    `,"to":${canonicalString(header.to)},"type":"wusla/batch/v1"}`
  )
}

/**
 * Reads a batch header that must be its own canonical text.
 *
 * @throws WuslaError `invalid_batch`
 */
export function decodeBatchHeader(text: string): BatchHeader {
  if (text.length > MAX_BATCH_HEADER_BYTES) throw new WuslaError('invalid_batch')
  const plain = readPlainHeader(text)
  if (plain !== undefined && isBatchHeader(plain)) return Object.freeze(plain)
  let header: BatchHeader
  try {
    const { from, kind, network, root, sequence, session, size, to } = JSON.parse(text) as BatchHeader
    header = Object.freeze({ from, kind, network, root, sequence, session, size, to })
    if (isBatchHeader(header) && encodeBatchHeader(header) === text) return header
  } catch (cause) {
    throw new WuslaError('invalid_batch', { cause })
  }
  throw new WuslaError('invalid_batch')
}

function readPlainHeader(text: string): BatchHeader | undefined {
  const match = PLAIN_HEADER.exec(text)
  if (match === null) return undefined
  return {
    from: match[1] ?? '',
    kind: match[2] === 'requests' ? 'requests' : 'answers',
    network: match[3] ?? '',
    root: match[4] ?? '',
    sequence: Number(match[5]),
    session: match[6] ?? '',
    size: Number(match[7]),
    to: match[8] ?? '',
  }
}

function isBatchHeader(header: BatchHeader): boolean {
  return (
    (header.kind === 'requests' || header.kind === 'answers') &&
    isIdentifier('network', header.network) &&
    isGatewayOf(header.network, header.from) &&
    isGatewayOf(header.network, header.to) &&
    isDigest256(header.root) &&
    isDigest256(header.session) &&
    isCount(header.sequence) &&
    isCount(header.size) &&
    header.size >= 1 &&
    header.size <= MAX_BATCH_STATEMENTS
  )
}

function isGatewayOf(network: string, text: string): boolean {
  return isIdentifier('gateway', text) && networkOf(text) === network
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/**
 * The bytes under a batch seal: `wusla/batch/v1`, LF, then the header. The line in front keeps a seal from ever
 * being taken for a signature over something else.
 */
export function batchSigningBytes(header: string): Buffer {
  return Buffer.from(SIGNING_PREFIX + header)
}

/** The RFC 6962 root over statement texts (their UTF-8 bytes), as `digest256` text. */
export function batchRoot(statements: readonly string[]): string {
  const [only] = statements
  if (statements.length === 1 && only !== undefined) return hash('sha256', `\0${only}`, 'base64url')
  return rootOfTexts(statements).toString('base64url')
}

/** The canonical JSON array of seals, in their order. */
export function encodeSeals(seals: readonly Seal[]): string {
  const texts = seals.map(
    (seal) => `{"alg":${canonicalString(seal.alg)},"key":"${seal.key}","value":"${seal.value}"}`,
  )
  return `[${texts.join(',')}]`
}

/**
 * Reads 1 to 4 seals from their canonical text.
 *
 * @throws WuslaError `invalid_batch`
 */
export function decodeSeals(text: string): readonly Seal[] {
  const plain = PLAIN_SEAL.exec(text)
  if (plain !== null) {
    const only = { alg: plain[1] ?? '', key: plain[2] ?? '', value: plain[3] ?? '' }
    if (isSeal(only)) return Object.freeze([Object.freeze(only)])
  }
  let seals: readonly Seal[]
  try {
    const maxBytes = MAX_SEALS * (MAX_SEAL_VALUE_BYTES * 2 + 256)
    const values = parseJsonStrict(text, { maxBytes, maxDepth: 2 }) as unknown as readonly Seal[]
    seals = Object.freeze(values.map(({ alg, key, value }) => Object.freeze({ alg, key, value })))
  } catch (cause) {
    throw new WuslaError('invalid_batch', { cause })
  }
  const acceptable = seals.length >= 1 && seals.length <= MAX_SEALS && seals.every(isSeal)
  if (!acceptable || encodeSeals(seals) !== text) throw new WuslaError('invalid_batch')
  return seals
}

function isSeal(seal: Seal): boolean {
  return (
    typeof seal.alg === 'string' &&
    ALGORITHM.test(seal.alg) &&
    typeof seal.key === 'string' &&
    isDigest256(seal.key) &&
    typeof seal.value === 'string' &&
    BASE64URL.test(seal.value) &&
    Math.floor((seal.value.length * 3) / 4) <= MAX_SEAL_VALUE_BYTES
  )
}
