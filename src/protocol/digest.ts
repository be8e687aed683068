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

/**
 * The form of a {@link digest256}, as part of a regular expression. The last character may carry zero bits only beyond the
 * 32 bytes: a digest has one spelling.
 */
export const DIGEST_256_FORM = '[\\w-]{42}[AEIMQUYcgkosw048]'

/** The form of a {@link digest512}, with the same strictness as {@link DIGEST_256_FORM}. */
export const DIGEST_512_FORM = '[\\w-]{85}[AQgw]'

const DIGEST_256 = new RegExp(`^${DIGEST_256_FORM}$`)
const DIGEST_512 = new RegExp(`^${DIGEST_512_FORM}$`)

/** Whether a text is a {@link digest256}. */
export function isDigest256(text: string): boolean {
  return DIGEST_256.test(text)
}

/** Whether a text is a {@link digest512}. */
export function isDigest512(text: string): boolean {
  return DIGEST_512.test(text)
}
