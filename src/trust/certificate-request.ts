import './reflect-metadata.ts'
import { Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { WuslaError } from '../protocol/wusla-error.ts'
import { createSealVerifier } from './seal-key.ts'
import type { SoftwareSealKey } from './seal-key.ts'
import { ECDSA_SHA256, importKeyPair } from './web-key.ts'

/** A longer certificate request is refused before it is parsed. Unit: characters. */
export const MAX_CSR_LENGTH = 8192

/** All that is believed of a certificate request: this key, and that its sender holds the private half. */
export interface CertificateRequest {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKeyDer: Uint8Array
  readonly tlsKeyId: string
}

/**
 * Makes a certificate request (PKCS#10, PEM) for a TLS key. It names nobody: which party the certificate will be
 * for is decided by the authority from the directory, never by the request.
 */
export async function createCertificateRequest(key: SoftwareSealKey): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: importKeyPair(key),
    signingAlgorithm: ECDSA_SHA256,
  })
  return request.toString('pem')
}

/**
 * Reads a certificate request and checks its own signature. Subject, attributes and requested extensions are
 * not looked at.
 *
 * @throws WuslaError `invalid_certificate_request` for a damaged one, a bad signature, or a key that is not P-256.
 */
export async function readCertificateRequest(pem: string): Promise<CertificateRequest> {
  if (pem.length > MAX_CSR_LENGTH) throw new WuslaError('invalid_certificate_request')
  try {
    const request = new Pkcs10CertificateRequest(pem)
    const publicKeyDer = new Uint8Array(request.publicKey.rawData)
    const { keyId } = createSealVerifier(publicKeyDer)
    // The library verifies with the hash the request names: only the one that fits the key is good enough.
    const { hash } = request.signatureAlgorithm
    if (hash.name === ECDSA_SHA256.hash && (await request.verify())) return { publicKeyDer, tlsKeyId: keyId }
  } catch (cause) {
    throw new WuslaError('invalid_certificate_request', { cause })
  }
  throw new WuslaError('invalid_certificate_request', { message: 'the request is not signed by its own key' })
}
