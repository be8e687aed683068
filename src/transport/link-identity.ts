import { constants } from 'node:crypto'
import type { TlsOptions, TLSSocket } from 'node:tls'
import { networkOf } from '../protocol/identifier.ts'
import type { TlsCredentials } from '../trust/tls-context.ts'
import { readSocketIdentity } from '../trust/tls-identity.ts'

/** How an actor shows who it is on TLS connections, and what it accepts from others. */
export interface TlsIdentity extends TlsCredentials {
  /** The identifier in the leaf certificate: a gateway or a branch. */
  readonly id: string
}

/** What connections need to know of the directory. */
export interface LinkDirectory {
  /**
   * Who holds this TLS key (name: base64url of SHA-256 over the SPKI) now: the id of an active gateway or branch.
   * `undefined` when the key is unknown or revoked, or its holder is retired or suspended.
   */
  readonly tlsKeyOwner: (tlsKeyId: string) => string | undefined
  /** Calls back after every change; returns how to stop that. */
  readonly onChange: (listener: () => void) => () => void
}

/** Who is at the other end of a connection, as the verified chain and the directory both say. */
export interface VerifiedPeer {
  readonly id: string
  readonly tlsKeyId: string
}

/** Why a peer is not believed. The words stay local: a stranger sees a closed connection. */
export type PeerProblem = 'certificate_refused' | 'key_not_bound'

/**
 * Reads who the peer of a finished handshake is: the leaf of the very chain that this handshake verified says it, and
 * the directory binds its key to the same id. An authority that issues a certificate in somebody's name does not get
 * past the second.
 */
export function verifyLinkPeer(
  socket: TLSSocket,
  network: string,
  directory: Pick<LinkDirectory, 'tlsKeyOwner'>,
):
  { readonly ok: true; readonly peer: VerifiedPeer } | { readonly ok: false; readonly problem: PeerProblem } {
  let peer: VerifiedPeer
  try {
    const { id, tlsKeyId } = readSocketIdentity(socket, network)
    peer = { id, tlsKeyId }
  } catch {
    return { ok: false, problem: 'certificate_refused' }
  }
  if (directory.tlsKeyOwner(peer.tlsKeyId) !== peer.id) return { ok: false, problem: 'key_not_bound' }
  return { ok: true, peer }
}

/** The network in which an identity is valid. */
export function networkOfIdentity(identity: Pick<TlsIdentity, 'id'>): string {
  return networkOf(identity.id)
}

/**
 * Options of a TLS server between parties of the network: version 1.3, certificates at both ends, only the network
 * root believed, hybrid post-quantum key exchange first. `tls.createServer` takes no ready-made secure context.
 */
export function serverTlsOptions(identity: TlsIdentity, alpn: string): TlsOptions {
  return {
    key: identity.privateKeyPem,
    cert: identity.certificateChainPem,
    ca: identity.rootCertificatePem,
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    secureOptions: constants.SSL_OP_NO_TICKET,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [alpn],
  }
}
