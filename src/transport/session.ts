import { encodeFinalRequest, encodeRequestOpening } from '../protocol/statement.ts'
import type { RequestOpening } from '../protocol/statement.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingAnswer } from './incoming-answer.ts'
import type { MessageBody } from './incoming-request.ts'
import { checkOutgoingSizes, planBody } from './outgoing-message.ts'
import type { OutgoingRequest, RequestOptions } from './outgoing-request.ts'
import { RequestStream } from './request-stream.ts'
import type { SessionCore } from './session-core.ts'
import type { SessionClosed } from './session-event.ts'
import { CLOSE_GRACE_MS } from './session-limits.ts'
import { SessionOpening } from './session-opening.ts'
import type { SessionOptions } from './session-options.ts'

/** What a session holds right now and has done so far. All but the totals are 0 when it is idle. */
export interface SessionStatistics {
  /** Streams under way, of both directions. */
  readonly streams: number
  readonly ownStreams: number
  readonly peerStreams: number
  /** Exchanges under way, by name. */
  readonly exchanges: number
  /** Final statements that wait for the seal or the record before they leave. */
  readonly waitingStatements: number
  /** Final statements of the peer without their BATCH, and the bytes they hold. */
  readonly heldStatements: number
  readonly heldBytes: number
  /** Body bytes that wait for their readers. */
  readonly bufferedBodyBytes: number
  /** Bodies that wait for their turn to send. */
  readonly waitingBodies: number
  /** Bytes that wait for the socket. */
  readonly unsentBytes: number
  /** Bytes of a frame that is not whole. */
  readonly partialFrameBytes: number
  /** Smoothed round-trip time in milliseconds; absent until measured. */
  readonly rttMs?: number
  /** Totals since the session began. The first two count exchanges. */
  readonly ownStreamsOpened: number
  readonly peerStreamsOpened: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly batchesSealed: number
  readonly statementsSealed: number
  readonly batchesVerified: number
  readonly statementsVerified: number
}

/**
 * A session between two gateways: many exchanges at once, in both directions, each side's words sealed in batches.
 * The protocol is docs/spec/session.md.
 */
export class Session {
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The session's name, as every batch of it carries it. */
  get id(): string {
    return this.#core.id
  }

  /** The gateway at the other end. */
  get peer(): string {
    return this.#core.peer
  }

  /** Key ids that the peer announced for its seals. What counts is the key under each batch. */
  get peerSealKeys(): readonly string[] {
    return this.#core.peerSealKeys
  }

  /** What the peer said it understands beyond the version of the protocol; empty for older gateways. */
  get peerFeatures(): readonly string[] {
    return this.#core.peerFeatures
  }

  /** Whether new requests can be sent. False for good once the session drains or has ended. */
  get open(): boolean {
    return this.#core.open
  }

  /**
   * How long the peer has not answered the oldest PING, in milliseconds and steps of 250: what is sent now arrives that
   * late. 0 while none waits. Time in which this process stood still does not count.
   */
  get lagMs(): number {
    return this.#core.lagMs
  }

  /** For how long nothing has come from the peer, in milliseconds and steps of 250. An idle peer answers once a second. */
  get silentMs(): number {
    return this.#core.silentMs
  }

  /** Whether a message under way streams: it cannot be sent again, and would be lost with the session. */
  get hasStreamedMessages(): boolean {
    return this.#core.table.hasStreamedMessages
  }

  /** Resolves when the session has ended and its socket is gone. Never rejects. */
  get closed(): Promise<SessionClosed> {
    return this.#core.closed
  }

  /**
   * Sends a request. Up to 16 KiB at hand leave in one frame with the seal over it; everything else streams.
   *
   * @param opening - the statement without body; `head` must be the `headDigest` of the head that belongs to
   * `headerBlock`. Its members are trusted to have their forms: a peer ends the session over one that has not.
   * @param headerBlock - name and value lines, a byte string
   * @param isResent - the same request was sent before, and nobody knows what became of it; not for streamed bodies
   * @throws WuslaError `session_closed` when no more requests can be sent, `overloaded` when the peer's streams are
   * used up, `conflict` when the exchange is already under way here, `request_too_large`
   */
  send(
    opening: RequestOpening,
    headerBlock: string,
    body: MessageBody,
    isResent: boolean = false,
  ): OutgoingRequest {
    return this.#send(opening, headerBlock, body, isResent)
  }

  /** {@link send}, waiting for the answer. All failures are rejections. */
  request(
    opening: RequestOpening,
    headerBlock: string,
    body: MessageBody,
    options: RequestOptions = {},
  ): Promise<IncomingAnswer> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(new WuslaError('stream_cancelled'))
    try {
      const sent = this.#send(opening, headerBlock, body)
      if (signal !== undefined) sent.follow(signal)
      return sent.answer
    } catch (cause) {
      return Promise.reject(toWuslaError(cause, 'internal_error'))
    }
  }

  /**
   * Ends in order: no new streams on either side, those under way finish, then the socket closes. What has not
   * finished after the grace is cut off.
   *
   * @param graceMs - default 10,000; `Infinity`: as long as they take
   */
  async close(graceMs: number = CLOSE_GRACE_MS): Promise<SessionClosed> {
    this.#core.drain('local')
    if (graceMs === Infinity) return await this.#core.closed
    const timer = setTimeout(() => this.#core.end('session_closed', 'local', 'close_grace'), graceMs)
    const reason = await this.#core.closed
    clearTimeout(timer)
    return reason
  }

  /** Ends at once. Every exchange under way fails with this error's code, and the peer is told what it may know. */
  destroy(error: WuslaError = new WuslaError('session_closed')): void {
    this.#core.end(error.code, 'local', 'destroyed', error)
  }

  statistics(): SessionStatistics {
    const { table, requests, answers, incoming, wire, link, pings } = this.#core
    return {
      ...(pings.rttMs === undefined ? {} : { rttMs: pings.rttMs }),
      ownStreamsOpened: table.opened.own,
      peerStreamsOpened: table.opened.peers,
      streams: table.size,
      ownStreams: table.own.size,
      peerStreams: table.peers.size,
      exchanges: table.ownExchanges.size + table.peerExchanges.size,
      waitingStatements: requests.waiting + answers.waiting,
      heldStatements: incoming.heldStatements,
      heldBytes: incoming.heldBytes,
      bufferedBodyBytes: this.#core.bufferedBodyBytes,
      waitingBodies: wire.waitingPumps,
      unsentBytes: wire.unsentBytes,
      partialFrameBytes: link.partialBytes,
      bytesRead: link.bytesRead,
      bytesWritten: wire.bytesWritten,
      batchesSealed: requests.sealedBatches + answers.sealedBatches,
      statementsSealed: requests.sealedStatements + answers.sealedStatements,
      batchesVerified: incoming.verified.batches,
      statementsVerified: incoming.verified.statements,
    }
  }

  /** {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #send(opening: RequestOpening, headerBlock: string, body: MessageBody, isResent = false): RequestStream {
    const core = this.#core
    if (!core.open) {
      if (core.table.exhausted) core.drain('local')
      throw new WuslaError('session_closed')
    }
    if (core.table.ownExchanges.size >= core.peerMaxStreams) throw new WuslaError('overloaded')
    const plan = planBody(body)
    const text = plan.whole ? encodeFinalRequest(opening, plan.claim) : encodeRequestOpening(opening)
    checkOutgoingSizes(text, headerBlock)
    const stream = new RequestStream(core, opening)
    if (plan.whole) stream.sendWhole(text, headerBlock, plan.body, isResent)
    else stream.sendStream(text, headerBlock, plan.source)
    return stream
  }
}

/**
 * Opens a session over a connection: sends a HELLO, waits for the peer's. The session owns the socket from the first
 * moment, also when this fails. Requests of the peer may be handed to `onRequest` before the promise resolves.
 *
 * @throws WuslaError `wrong_peer`, `unsupported_version`, `invalid_frame`, `frame_too_large`, `session_closed`
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  return new Session(await new SessionOpening(options).opened)
}
