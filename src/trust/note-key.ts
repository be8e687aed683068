import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { sha256 } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/**
 * Keys of C2SP signed notes: they sign the checkpoints of ledgers and the cosignatures of witnesses.
 * Only the two Ed25519 kinds exist here (c2sp.org/signed-note, c2sp.org/tlog-cosignature).
 */
export type NoteKeyType = 'note' | 'cosignature'

/** The public half, as written in a verifier key (vkey): `<name>+<key id in hex>+<base64(type || key)>`. */
export interface NoteVerifier {
  readonly name: string
  /** First four bytes of SHA-256(name || 0x0A || type || key), read big-endian. */
  readonly keyId: number
  readonly type: NoteKeyType
  readonly vkey: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** True when `signature` (64 bytes, without key id or time stamp) was made over `message`. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/** The secret half. Hand it to one ledger only: a key that signs two forks ends trust in both. */
export interface NoteSigner {
  readonly name: string
  readonly keyId: number
  readonly type: NoteKeyType
  readonly vkey: string
  readonly verifier: NoteVerifier
  /** 64 bytes over `message`. What surrounds them in a signature line belongs to the ledger. */
  sign(message: Uint8Array): Buffer
  /** `PRIVATE+KEY+<name>+<key id>+<base64(type || seed)>`. A method, so that printing never shows the secret. */
  skey(): string
}

const TYPE_BYTES: Readonly<Record<NoteKeyType, number>> = { note: 0x01, cosignature: 0x04 }

/** Everything in front of the 32-byte seed in the PKCS#8 of an Ed25519 key, constant by RFC 8410 section 7. */
const PKCS8_SEED_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Makes a new Ed25519 key under this name (an origin, or a witness's name). */
export function generateNoteKey(name: string, type: NoteKeyType = 'note'): NoteSigner {
  return signerOf(name, type, generateKeyPairSync('ed25519').privateKey)
}

/**
 * Reads a verifier key.
 *
 * @throws WuslaError `invalid_key` for another type, a wrong key id, or a name with a space or a plus sign.
 */
export function parseVkey(vkey: string): NoteVerifier {
  const [name, hex, data, ...rest] = vkey.split('+')
  if (name === undefined || hex === undefined || data === undefined)
    throw invalid('a verifier key has three parts')
  // The base64 alphabet has a plus sign of its own.
  const { type, bytes } = decodeKeyData([data, ...rest].join('+'))
  const verifier = verifierOf(name, type, bytes)
  if (verifier.vkey !== vkey) throw invalid('the key id does not fit the key')
  return verifier
}

/**
 * Reads a signer key.
 *
 * @throws WuslaError `invalid_key`; the text of the key is never part of the error.
 */
export function parseSkey(skey: string): NoteSigner {
  const prefix = 'PRIVATE+KEY+'
  const [name, hex, data, ...rest] = skey.slice(prefix.length).split('+')
  if (!skey.startsWith(prefix) || name === undefined || hex === undefined || data === undefined) {
    throw invalid('a signer key starts with PRIVATE+KEY and has three more parts')
  }
  const { type, bytes } = decodeKeyData([data, ...rest].join('+'))
  const der = Buffer.concat([PKCS8_SEED_HEADER, bytes])
  const signer = signerOf(name, type, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  if (signer.skey() !== skey) throw invalid('the key id does not fit the key')
  return signer
}

/**
 * Reads a key written by {@link saveNoteKey}.
 *
 * @throws WuslaError `file_unreadable`, `secret_exposed`, `invalid_key`.
 */
export async function loadNoteKey(file: string): Promise<NoteSigner> {
  return parseSkey((await readPrivateFile(file)).trimEnd())
}

/**
 * Writes the signer key, readable by its owner only; an existing file is never replaced.
 *
 * @throws WuslaError `file_exists`.
 */
export async function saveNoteKey(file: string, key: NoteSigner): Promise<void> {
  await writePrivateFile(file, `${key.skey()}\n`, { mode: 'create' })
}

function signerOf(name: string, type: NoteKeyType, privateKey: KeyObject): NoteSigner {
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' })
  const verifier = verifierOf(name, type, Buffer.from(x, 'base64url'))
  const { keyId, vkey } = verifier
  return Object.freeze({
    name,
    keyId,
    type,
    vkey,
    verifier,
    sign: (message: Uint8Array) => sign(null, message, privateKey),
    skey: () => `PRIVATE+KEY+${name}+${hexOf(keyId)}+${keyData(type, Buffer.from(d, 'base64url'))}`,
  })
}

function verifierOf(name: string, type: NoteKeyType, publicKey: Buffer): NoteVerifier {
  if (name === '' || !name.isWellFormed() || /[\s+\p{Cc}\p{Z}]/u.test(name)) {
    throw invalid('a key name holds no space and no plus sign')
  }
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const typed = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), Buffer.of(TYPE_BYTES[type]), publicKey])
  const keyId = sha256(typed).readUInt32BE(0)
  return Object.freeze({
    name,
    keyId,
    type,
    vkey: `${name}+${hexOf(keyId)}+${keyData(type, publicKey)}`,
    publicKey,
    verify: (message: Uint8Array, signature: Uint8Array) =>
      signature.length === 64 && verify(null, message, key, signature),
  })
}

function decodeKeyData(data: string): { type: NoteKeyType; bytes: Buffer } {
  const typed = Buffer.from(data, 'base64')
  if (typed.toString('base64') !== data || typed.length !== 33)
    throw invalid('the key is not 33 bytes in base64')
  const type = (['note', 'cosignature'] as const).find((type) => TYPE_BYTES[type] === typed[0])
  if (type === undefined) throw invalid('the key is not an Ed25519 note or cosignature key')
  return { type, bytes: typed.subarray(1) }
}

function keyData(type: NoteKeyType, key: Uint8Array): string {
  return Buffer.concat([Buffer.of(TYPE_BYTES[type]), key]).toString('base64')
}

function hexOf(keyId: number): string {
  return keyId.toString(16).padStart(8, '0')
}

function invalid(message: string): WuslaError {
  return new WuslaError('invalid_key', { message })
}
