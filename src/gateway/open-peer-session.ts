import type { Socket } from 'node:net'
import type { Directory } from '../directory/directory.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { ACKNOWLEDGEMENT } from '../protocol/acknowledgement.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingTunnel } from '../transport/branch-link.ts'
import type { IncomingRequest } from '../transport/incoming-request.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import { openSession } from '../transport/session.ts'
import { type SecuredSocket, secureAcceptor, secureInitiator } from '../transport/session-tls.ts'
import type { SealKey, SealVerifier } from '../trust/seal-key.ts'
import type { BranchLinks } from './branch-links.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { ruleForBranch, transitError } from './transit-rule.ts'
import type { EstablishedSession, PathWish, SessionDialer } from './peer-sessions.ts'

export interface PeerSessionDeps {
  readonly network: string
  readonly gateway: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly sealKey: () => SealKey
  readonly identity: () => TlsIdentity
  readonly directory: Directory
  readonly evidence: Pick<EvidenceStore, 'record' | 'hurry' | 'note'>
  readonly onRequest: (incoming: IncomingRequest, path: readonly string[]) => void
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

/** Dials sessions through the branches this gateway is linked to. */
export function createSessionDialer(deps: PeerSessionDeps, links: BranchLinks): SessionDialer {
  return {
    branches: () => links.live(),
    ranked: async (gateway, wish) =>
      await links.ranked(gateway, { ...wish, ...ruleForBranch(wish, deps.directory) }),
    dial: async (gateway: string, branch: string, wish: PathWish, signal: AbortSignal) => {
      const { socket, path } = await links.open(
        branch,
        gateway,
        { ...wish, ...ruleForBranch(wish, deps.directory) },
        signal,
      )
      // A branch chooses the path; that it kept what was asked is ours to see.
      const broken = transitError(path, wish, deps.directory)
      if (broken !== undefined) {
        socket.destroy()
        throw broken
      }
      const secured = await secureInitiator(socket, {
        identity: deps.identity(),
        directory: deps.directory,
        expectPeer: gateway,
        signal,
      })
      return await establishSession(deps, secured, 'initiator', path)
    },
  }
}

/** Becomes the acceptor on a tunnel that another gateway asked for; who it is comes from TLS and the directory alone. */
export async function acceptPeerSession(
  deps: PeerSessionDeps,
  tunnel: IncomingTunnel & { readonly socket: Socket },
): Promise<{ readonly peer: string; readonly established: EstablishedSession }> {
  const secured = await secureAcceptor(tunnel.socket, {
    identity: deps.identity(),
    directory: deps.directory,
  })
  return {
    peer: secured.peer.id,
    established: await establishSession(deps, secured, 'acceptor', tunnel.path),
  }
}

/**
 * Makes a session of a secured connection, whichever way it came.
 *
 * @param path - the branches it passes; empty: none, the gateways are connected directly
 */
export async function establishSession(
  deps: PeerSessionDeps,
  { socket, peer, exporter }: SecuredSocket,
  role: 'initiator' | 'acceptor',
  path: readonly string[],
): Promise<EstablishedSession> {
  const { directory, evidence } = deps
  if (directory.gateway(peer.id) === undefined) {
    socket.destroy()
    throw new WuslaError('wrong_peer', { details: { peer: peer.id } })
  }
  const session = await openSession({
    role,
    socket,
    network: deps.network,
    localGateway: deps.gateway,
    peerGateway: peer.id,
    sealKey: deps.sealKey(),
    sealVerifier: (keyId, gateway) => boundVerifier(directory, keyId, gateway),
    recordBatch: (batch, direction) => evidence.record(batch, direction),
    hurryRecords: () => evidence.hurry(),
    recordIncomplete: ({ opening, exchange, direction }) => {
      const note = {
        kind: 'incomplete_request',
        atMs: deps.clock.nowMs(),
        details: { exchange, direction, opening },
      }
      evidence.note(note).catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error)
        deps.onEvent({ kind: 'alarm', alarm: 'evidence_unwritable', detail })
      })
    },
    onRequest: (incoming) => deps.onRequest(incoming, path),
    clock: deps.clock,
    onEvent: (event) => deps.onEvent({ kind: 'part_event', part: 'session', event }),
    features: [ACKNOWLEDGEMENT],
    exporter,
  })
  return { session, path, peerTlsKey: peer.tlsKeyId }
}

/** A key counts only while the directory binds it to that very gateway: asked anew for every batch. */
function boundVerifier(directory: Directory, keyId: string, gateway: string): SealVerifier | undefined {
  const key = directory.activeSealKey(keyId)
  return key?.gateway === gateway ? key.verifier : undefined
}
