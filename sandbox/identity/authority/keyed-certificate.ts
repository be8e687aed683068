/** RSA with 2,048 bits and SHA-256: what the provider's own certificates have. */
export const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}

/** A certificate with its private key: a test key, which protects nothing. */
export interface KeyedCertificate {
  /** DER. */
  readonly certificate: Uint8Array<ArrayBuffer>
  /** PKCS #8, DER. */
  readonly key: Uint8Array<ArrayBuffer>
}

/** The private key, as WebCrypto wants it. */
export async function signingKeyOf({ key }: Pick<KeyedCertificate, 'key'>): Promise<CryptoKey> {
  return await crypto.subtle.importKey('pkcs8', key, ALGORITHM, false, ['sign'])
}
