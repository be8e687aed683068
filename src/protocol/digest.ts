import { hash } from 'node:crypto'

/** SHA-256 as base64url without padding: 43 characters. A string counts as its UTF-8 bytes. */
export function digest256(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64url')
}

/** SHA-512 as base64url without padding: 86 characters. A string counts as its UTF-8 bytes. */
export function digest512(data: Uint8Array | string): string {
  return hash('sha512', data, 'base64url')
}

/** SHA-256 as 32 bytes. A string counts as its UTF-8 bytes. */
export function sha256(data: Uint8Array | string): Buffer {
  return hash('sha256', data, 'buffer')
}

/** The name of a public key: {@link digest256} of its SubjectPublicKeyInfo in DER. */
export function keyIdOf(spkiDer: Uint8Array): string {
  return hash('sha256', spkiDer, 'base64url')
}

const DIGEST_256 = /^[\w-]{42}[AEIMQUYcgkosw048]$/
const DIGEST_512 = /^[\w-]{85}[AQgw]$/

/**
 * Whether a text has the form of a {@link digest256}. The last character may carry zero bits only beyond the
 * 32 bytes: a digest has one spelling.
 */
export function isDigest256(text: string): boolean {
  return DIGEST_256.test(text)
}

/** Whether a text has the form of a {@link digest512}, with the same strictness as {@link isDigest256}. */
export function isDigest512(text: string): boolean {
  return DIGEST_512.test(text)
}
