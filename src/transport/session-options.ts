import type { Duplex } from 'node:stream'
import type { SealedBatch } from '../protocol/batch.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { SealKey, SealVerifier } from '../trust/seal-key.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { SessionEvent } from './session-event.ts'

/** Bounds that may be narrowed, mostly by tests. Defaults: session-limits.ts. */
export interface SessionLimits {
  /** Body bytes the peer may send on a new stream, 131,072 to 16,777,216. Default 262,144. */
  readonly initialCredit?: number
  /** Streams the peer may have open, 1 to 65,536. Default 2,048. */
  readonly maxStreams?: number
  /** Bytes of frames whose BATCH has not come. Default 8,388,608. */
  readonly maxHeldBytes?: number
  /** Body bytes waiting for slow readers over all streams. Default 134,217,728. */
  readonly maxBufferedBodyBytes?: number
  /** Bytes the peer may leave unread. Default 67,108,864. */
  readonly maxUnsentBytes?: number
  /** Milliseconds the peer may take for its HELLO. Default 10,000. */
  readonly helloTimeoutMs?: number
  /** Milliseconds after which the peer is asked again; 0 switches the keep-alive off. Default 1,000. */
  readonly pingIntervalMs?: number
  /** Milliseconds of silence after which the peer is given up, looked at four times in an interval. Default 2,000. */
  readonly pingDeadlineMs?: number
}

/** A request whose final statement never came, although it was answered. */
export interface IncompleteRequest {
  /** The canonical text of the opening. Nobody sealed it; the answer's `request` is its digest256. */
  readonly opening: string
  readonly exchange: string
  readonly direction: 'sent' | 'received'
}

/** What a session needs to run. */
export interface SessionOptions {
  /** Who opened the connection. The two ends must differ in it. */
  readonly role: 'initiator' | 'acceptor'
  /** A byte stream to the peer, authenticated and encrypted by whoever made it. The session owns it from now on. */
  readonly socket: Duplex
  readonly network: string
  readonly localGateway: string
  /** When given, a peer with another name is refused with `wrong_peer`. Give it whenever TLS told who it is. */
  readonly peerGateway?: string
  readonly sealKey: SealKey
  /** The verifier of a key the directory binds to that gateway at this moment; undefined when it does not. */
  readonly sealVerifier: (keyId: string, peerGateway: string) => SealVerifier | undefined
  /** Makes a batch durable; resolves when it is. Called in the order of the batches of one direction and kind. */
  readonly recordBatch: (batch: SealedBatch, direction: 'sent' | 'received') => Promise<void>
  /**
   * Somebody waits for a batch that was given to `recordBatch`: it must become durable now. A recorder that never lets
   * a batch wait for others needs none.
   */
  readonly hurryRecords?: () => void
  /** Called when a request was answered whose final statement never came (spec 5.8). */
  readonly recordIncomplete?: (request: IncompleteRequest) => void
  /** Called in order, for each request: a small one after its seal was verified, a streamed one at its opening. */
  readonly onRequest: (incoming: IncomingRequest) => void
  readonly clock: Clock
  readonly onEvent: EventSink<SessionEvent>
  readonly limits?: SessionLimits
  /** Codes told to the peer as understood here, at most 16 (docs/spec/session.md 4.1). Default: none. */
  readonly features?: readonly string[]
  /**
   * 32 bytes exported from TLS with the label of {@link EXPORTER_LABEL}; both ends give it or neither. It ties the
   * session's id, and with it every seal, to this very connection.
   */
  readonly exporter?: Uint8Array
  /** 32 random bytes for the nonce; default from `node:crypto`. */
  readonly nonce?: () => Uint8Array
}
