import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { keyIdOf } from '../protocol/digest.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** Who may be at the end of a TLS connection between parties of a network. */
export type PartyKind = 'gateway' | 'branch' | 'registry'

/** A party by name. `id` is the text identifier; the registry's is `<network>/registry`. */
export interface Party {
  readonly kind: PartyKind
  readonly id: string
}

/** What a certificate says about its holder. Compare `tlsKeyId` with the directory before believing `id`. */
export interface PeerIdentity extends Party {
  readonly tlsKeyId: string
  /** End of the certificate's validity, milliseconds since 1970. */
  readonly validUntilMs: number
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** The registry's text identifier. */
export function registryId(network: string): string {
  return `${network}/registry`
}

/**
 * The one URI name in the certificate of a gateway, a branch or the registry.
 *
 * @param id - `AE-DU/SEMI/DEWA/gw-1`, `AE-DU/branch/MORO` or `AE-DU/registry`.
 * @throws WuslaError `invalid_identifier`.
 */
export function spiffeUri(network: string, id: string): string {
  const rest = id.slice(network.length + 1)
  const domain = `spiffe://${network.toLowerCase()}`
  if (id.startsWith(`${network}/`)) {
    if (id === registryId(network)) return `${domain}/registry`
    if (isIdentifier('branch', id)) return `${domain}/${rest}`
    if (isIdentifier('gateway', id)) return `${domain}/gateway/${rest}`
  }
  throw new WuslaError('invalid_identifier', {
    message: 'this is no party of the network',
    details: { network },
  })
}

/**
 * The party that a URI name stands for in this network, or undefined for any other URI. Only the exact text that
 * {@link spiffeUri} makes is accepted.
 */
export function parseSpiffeUri(uri: string, network: string): Party | undefined {
  const domain = `spiffe://${network.toLowerCase()}/`
  if (!uri.startsWith(domain)) return undefined
  const path = uri.slice(domain.length)
  if (path === 'registry') return { kind: 'registry', id: registryId(network) }
  if (path.startsWith('branch/')) {
    const id = `${network}/${path}`
    return isIdentifier('branch', id) ? { kind: 'branch', id } : undefined
  }
  if (!path.startsWith('gateway/')) return undefined
  const id = `${network}/${path.slice('gateway/'.length)}`
  return isIdentifier('gateway', id) ? { kind: 'gateway', id } : undefined
}

/**
 * Reads the identity from a certificate **whose chain was verified**. The names are read by the same parser that
 * verified the chain, so the two cannot disagree about what the certificate says.
 *
 * @throws WuslaError `invalid_certificate` unless it has exactly one name, a URI of this network, and is a
 * certificate for both ends of TLS and not an authority.
 */
export function readPeerIdentity(certificate: X509Certificate, network: string): PeerIdentity {
  const party = parseSpiffeUri(onlyUri(certificate), network)
  if (party === undefined) throw refused('the name is not of this network')
  const usages = certificate.keyUsage as readonly string[] | undefined
  if (
    certificate.ca ||
    usages === undefined ||
    !usages.includes(SERVER_AUTH) ||
    !usages.includes(CLIENT_AUTH)
  ) {
    throw refused('the certificate is not for the two ends of a connection')
  }
  return { ...party, tlsKeyId: tlsKeyOf(certificate), validUntilMs: certificate.validToDate.getTime() }
}

/**
 * Reads the identity of the other end of an established connection: from the leaf of the chain that the handshake
 * verified, and from no other certificate the peer may have sent along.
 *
 * NOTE: a `TLSSocket` made by hand with `isServer` never sets `authorized`; accept through a `tls.Server`.
 *
 * @throws WuslaError `invalid_certificate` when the handshake did not verify the peer, or as
 * {@link readPeerIdentity}.
 */
export function readSocketIdentity(socket: TLSSocket, network: string): PeerIdentity {
  if (!socket.authorized) throw refused('the chain was not verified')
  // A resumed session carries the certificate of an earlier handshake, which may have expired since.
  if (socket.isSessionReused()) throw refused('the session was resumed')
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) throw refused('the peer sent no certificate')
  return readPeerIdentity(leaf, network)
}

/** The key id of a certificate's public key: what the directory binds as `tlsKey`. */
export function tlsKeyOf(certificate: X509Certificate): string {
  return keyIdOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))
}

// Node writes several names as one list and quotes, as JSON, a name that holds a comma or a quote. So a text
// without a blank is one name, and a quoted text must be one whole JSON string.
function onlyUri(certificate: X509Certificate): string {
  const names = certificate.subjectAltName
  if (names === undefined || !names.startsWith('URI:')) throw refused('the certificate has no URI name')
  const name = names.slice('URI:'.length)
  if (/^[^\s",]+$/.test(name)) return name
  if (/^"[^\s"]+"$/.test(name)) {
    try {
      return String(JSON.parse(name))
    } catch (cause) {
      throw refused('the name cannot be read', cause)
    }
  }
  throw refused('the certificate has more than one name')
}

function refused(message: string, cause?: unknown): WuslaError {
  return new WuslaError('invalid_certificate', { message, cause })
}
