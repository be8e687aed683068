import { constants } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'

/** What one party shows of itself in TLS, and whom it believes. */
export interface TlsCredentials {
  /** PKCS#8 PEM of the TLS key. */
  readonly privateKeyPem: string
  /** PEM of the party's certificate followed by the issuing authority's. */
  readonly certificateChainPem: string
  /** PEM of the network root: the only authority that counts. */
  readonly rootCertificatePem: string
}

/**
 * Options for `tls.connect`, `tls.createServer`, `server.setSecureContext` and `https`, the same at both ends.
 * Servers build a context of their own from the separate settings, everybody else uses `secureContext`.
 */
export interface PeerTlsOptions {
  readonly secureContext: SecureContext
  readonly key: string
  readonly cert: string
  readonly ca: string
  readonly minVersion: 'TLSv1.3'
  readonly ecdhCurve: string
  readonly secureOptions: number
  readonly requestCert: true
  readonly rejectUnauthorized: true
  readonly checkServerIdentity: () => undefined
}

/**
 * TLS between parties of a network: version 1.3, certificates at both ends, only the network root believed, no
 * resumption, and a key exchange that also resists a future quantum computer when both ends have it.
 * Build it once for each certificate, not for each connection.
 *
 * The host name is not checked on purpose: a party's name is in the URI name. So every user of these options must
 * call `readSocketIdentity` and compare the result with the party it meant.
 */
export function peerTlsOptions(credentials: TlsCredentials): PeerTlsOptions {
  const settings = {
    key: credentials.privateKeyPem,
    cert: credentials.certificateChainPem,
    ca: credentials.rootCertificatePem,
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const
  return Object.freeze({
    ...settings,
    secureContext: createSecureContext(settings),
    requestCert: true,
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  })
}
