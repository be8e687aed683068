import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Seal } from '../protocol/batch.ts'
import { keyIdOf } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** The algorithms a seal may have today. A further one is a row in {@link ALGORITHMS} and in the specification. */
export type SealAlgorithm = 'ES256'

/**
 * A key that signs for a member. Software keys answer at once; a key in hardware may answer with a promise,
 * so every caller awaits unless it holds a {@link SoftwareSealKey}.
 */
export interface SealKey {
  /** base64url SHA-256 of the DER public key: the name under which the directory binds the key. */
  readonly keyId: string
  readonly algorithm: SealAlgorithm
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKeyDer: Uint8Array
  sign(data: Uint8Array): Seal | Promise<Seal>
}

/** A seal key held in the memory of this process. Signing is synchronous, about 35 µs. */
export interface SoftwareSealKey extends SealKey {
  sign(data: Uint8Array): Seal
  /** PKCS#8 PEM. A method, so that printing or serialising the key never shows the secret. */
  privateKeyPem(): string
}

/** Checks seals made with one public key. Keep it: building one costs far more than one verification. */
export interface SealVerifier {
  readonly keyId: string
  readonly algorithm: SealAlgorithm
  /**
   * True when `seal` was made over `data` by this key with this key's algorithm. Never throws.
   * A true answer says nothing about uniqueness: with ECDSA anyone can turn one valid signature into a second
   * one over the same data, so never use a signature as an identifier or to detect repetition.
   */
  verify(data: Uint8Array, seal: Seal): boolean
}

interface AlgorithmRow {
  readonly algorithm: SealAlgorithm
  readonly keyType: string
  readonly curve: string
  readonly hash: string
  /** Length of the only encoding of the public key that is accepted. */
  readonly publicKeyBytes: number
  /** The only text form of a signature: the last character may carry no stray bits. */
  readonly signature: RegExp
}

const ALGORITHMS: readonly AlgorithmRow[] = [
  {
    algorithm: 'ES256',
    keyType: 'ec',
    curve: 'prime256v1',
    hash: 'sha256',
    publicKeyBytes: 91,
    signature: /^[A-Za-z0-9_-]{85}[AQgw]$/,
  },
]

/** True for an algorithm name that this version can verify. */
export function isSealAlgorithm(name: string): name is SealAlgorithm {
  return ALGORITHMS.some((row) => row.algorithm === name)
}

/** Makes a new software key (P-256). It lives only in memory until {@link saveSealKey}. */
export function generateSealKey(): SoftwareSealKey {
  return createSealKey(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey)
}

/**
 * Wraps a private key of `node:crypto`. The algorithm follows from the key.
 *
 * @throws WuslaError `invalid_key` when no seal algorithm fits the key.
 */
export function createSealKey(privateKey: KeyObject): SoftwareSealKey {
  const publicKey = createPublicKey(privateKey)
  const row = rowOf(publicKey)
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = keyIdOf(publicKeyDer)
  const signer = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  return Object.freeze({
    keyId,
    algorithm: row.algorithm,
    publicKeyDer,
    sign: (data: Uint8Array): Seal => ({
      alg: row.algorithm,
      key: keyId,
      value: sign(row.hash, data, signer).toString('base64url'),
    }),
    privateKeyPem: () => privateKey.export({ type: 'pkcs8', format: 'pem' }),
  })
}

/**
 * Reads a seal key written by {@link saveSealKey}.
 *
 * @throws WuslaError `file_unreadable`, `secret_exposed`, `invalid_key`.
 */
export async function loadSealKey(file: string): Promise<SoftwareSealKey> {
  return parseSealKey(await readPrivateFile(file))
}

/**
 * Reads a private key from PKCS#8 PEM.
 *
 * @throws WuslaError `invalid_key`.
 */
export function parseSealKey(pem: string): SoftwareSealKey {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    // The cause is dropped on purpose: messages of a parser may quote what it could not read.
    throw new WuslaError('invalid_key', { message: 'this is not a private key in PKCS#8 PEM' })
  }
  return createSealKey(privateKey)
}

/**
 * Writes a key as PKCS#8 PEM, readable by its owner only. Durable when the promise resolves.
 * An existing file is never replaced: a member that loses its key needs a public re-admission.
 *
 * @throws WuslaError `file_exists`.
 */
export async function saveSealKey(file: string, key: SoftwareSealKey): Promise<void> {
  await writePrivateFile(file, key.privateKeyPem(), { mode: 'create' })
}

/**
 * Builds the verifier of one public key. The key decides the algorithm; what a seal says about itself can only
 * disagree, and then it does not verify.
 *
 * @param publicKeyDer - SubjectPublicKeyInfo in DER, exactly as bound in the directory.
 * @throws WuslaError `invalid_key` for an unsupported key, and for a second encoding of a supported one
 * (compressed point, explicit curve): one key has one key id.
 */
export function createSealVerifier(publicKeyDer: Uint8Array): SealVerifier {
  const publicKey = parsePublicKey(publicKeyDer)
  const row = rowOf(publicKey)
  const canonical = publicKey.export({ type: 'spki', format: 'der' })
  if (canonical.length !== row.publicKeyBytes || !canonical.equals(publicKeyDer)) {
    throw new WuslaError('invalid_key', { message: 'the public key is not in its one accepted encoding' })
  }
  const keyId = keyIdOf(canonical)
  const { algorithm, hash, signature } = row
  const verifier = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
  return Object.freeze({
    keyId,
    algorithm,
    verify: (data: Uint8Array, seal: Seal): boolean =>
      seal.alg === algorithm &&
      seal.key === keyId &&
      signature.test(seal.value) &&
      verify(hash, data, verifier, Buffer.from(seal.value, 'base64url')),
  })
}

function parsePublicKey(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({
      key: Buffer.from(der.buffer, der.byteOffset, der.byteLength),
      format: 'der',
      type: 'spki',
    })
  } catch (cause) {
    throw new WuslaError('invalid_key', { message: 'this is not a public key in SPKI DER', cause })
  }
}

function rowOf(publicKey: KeyObject): AlgorithmRow {
  const curve = publicKey.asymmetricKeyDetails?.namedCurve
  const row = ALGORITHMS.find((row) => row.keyType === publicKey.asymmetricKeyType && row.curve === curve)
  if (row === undefined) {
    throw new WuslaError('invalid_key', { details: { keyType: publicKey.asymmetricKeyType, curve } })
  }
  return row
}
