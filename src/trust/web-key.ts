import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import type { SoftwareSealKey } from './seal-key.ts'

/** P-256 keys, in the words of Web Crypto. */
const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** Signatures with them, in the words of Web Crypto. */
export const ECDSA_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const

/** The key as the X.509 library wants it. The private half cannot be taken out of the result. */
export function importKeyPair(key: SoftwareSealKey): webcrypto.CryptoKeyPair {
  const privateKey = createPrivateKey(key.privateKeyPem())
  return {
    privateKey: privateKey.toCryptoKey(ECDSA_P256, false, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(ECDSA_P256, true, ['verify']),
  }
}
