import { WuslaError } from '../protocol/wusla-error.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import { AnswerHeads } from './answer-heads.ts'
import { FRAME } from './frame-layout.ts'
import type { HeldItem } from './incoming-batches.ts'
import { IncomingBatches } from './incoming-batches.ts'
import { OutgoingBatches } from './outgoing-batches.ts'
import { SessionDispatch } from './session-dispatch.ts'
import type { ClosedBy, SessionClosed } from './session-event.ts'
import type { Hello } from './session-hello.ts'
import { KeepAlive, LOOKS } from './session-keep-alive.ts'
import {
  MAX_BUFFERED_BODY_BYTES,
  MAX_HELD_BYTES,
  PING_DEADLINE_MS,
  PING_INTERVAL_MS,
} from './session-limits.ts'
import type { LinkOwner, SessionLink } from './session-link.ts'
import type { SessionOptions } from './session-options.ts'
import { SessionPings } from './session-pings.ts'
import type { SessionWire } from './session-wire.ts'
import type { StreamHost } from './stream-host.ts'
import { StreamTable } from './stream-table.ts'

/** What two HELLOs agreed on. */
export interface Agreed {
  readonly id: string
  readonly local: Hello
  readonly peer: Hello
}

/** The working parts of a session after both HELLOs. {@link Session} is its face. */
export class SessionCore implements StreamHost, LinkOwner {
  readonly options: SessionOptions
  readonly id: string
  readonly peer: string
  readonly peerSealKeys: readonly string[]
  readonly peerFeatures: readonly string[]
  readonly wire: SessionWire
  readonly requests: OutgoingBatches
  readonly answers: OutgoingBatches
  readonly incoming: IncomingBatches
  readonly table: StreamTable
  readonly ownHeads: AnswerHeads = new AnswerHeads()
  readonly peerHeads: AnswerHeads = new AnswerHeads()
  readonly pings: SessionPings
  readonly localCredit: number
  readonly peerCredit: number
  readonly localMaxStreams: number
  readonly peerMaxStreams: number
  readonly closed: Promise<SessionClosed>
  readonly #link: SessionLink
  readonly #dispatch: SessionDispatch
  readonly #keepAlive: KeepAlive
  readonly #startedMs: number
  readonly #resolveClosed: (closed: SessionClosed) => void
  #closedBy: WuslaError | undefined
  #bufferedBytes = 0
  #draining = false
  #goawaySent = false
  #goawayReceived = false
  #drainedBy: ClosedBy = 'local'
  #endWritten = false

  constructor(options: SessionOptions, link: SessionLink, agreed: Agreed) {
    this.options = options
    this.id = agreed.id
    this.peer = agreed.peer.gateway
    this.peerSealKeys = agreed.peer.sealKeys
    this.peerFeatures = agreed.peer.features ?? []
    this.#link = link
    this.wire = link.wire
    this.pings = new SessionPings(link.wire)
    this.localCredit = agreed.local.initialCredit
    this.peerCredit = agreed.peer.initialCredit
    this.localMaxStreams = agreed.local.maxStreams
    this.peerMaxStreams = agreed.peer.maxStreams
    this.#startedMs = options.clock.nowMs()
    const { promise, resolve } = Promise.withResolvers<SessionClosed>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.table = new StreamTable(options.role, () => this.wire.schedule())
    this.requests = this.#outgoing('requests')
    this.answers = this.#outgoing('answers')
    this.incoming = this.#incoming()
    this.#dispatch = new SessionDispatch(this)
    this.#keepAlive = this.#startKeepAlive()
    options.onEvent({ kind: 'session_ready', session: this.id, peer: this.peer })
  }

  get closedBy(): WuslaError | undefined {
    return this.#closedBy
  }

  /** How long the oldest question to the peer has waited for its answer, in milliseconds; 0 while none waits. */
  get lagMs(): number {
    const intervalMs = this.options.limits?.pingIntervalMs ?? PING_INTERVAL_MS
    return (this.pings.unansweredLooks * intervalMs) / LOOKS
  }

  /** For how long nothing has come from the peer, in milliseconds. */
  get silentMs(): number {
    return this.#keepAlive.silentMs
  }

  /** Whether new requests may be sent. */
  get open(): boolean {
    return this.#closedBy === undefined && !this.#draining && !this.table.exhausted
  }

  /** The peer said that it opens no more streams. */
  get goawayReceived(): boolean {
    return this.#goawayReceived
  }

  get bufferedBodyBytes(): number {
    return this.#bufferedBytes
  }

  get link(): SessionLink {
    return this.#link
  }

  hold(kind: 'requests' | 'answers', item: HeldItem, frameBytes: number): void {
    if (!this.incoming.hold(kind, item, frameBytes)) this.fail('flow_control_violation', 'held_bytes')
  }

  confirm(): Promise<boolean> {
    return this.pings.confirm()
  }

  buffered(change: number): boolean {
    this.#bufferedBytes += change
    return this.#bufferedBytes <= (this.options.limits?.maxBufferedBodyBytes ?? MAX_BUFFERED_BODY_BYTES)
  }

  handlerFailed(cause: unknown): void {
    this.options.onEvent({ kind: 'handler_failed', session: this.id, peer: this.peer, cause })
  }

  fail(code: ErrorCode, step: string, cause?: unknown): void {
    this.end(code, 'local', step, cause)
  }

  /** A BATCH came. */
  acceptBatch(header: string, seals: string): void {
    const refusal = this.incoming.accept(header, seals)
    if (refusal === undefined) return
    const { kind: batch, step } = refusal
    const event = { kind: 'batch_refused', session: this.id, peer: this.peer, batch, step } as const
    this.options.onEvent(refusal.header === undefined ? event : { ...event, header: refusal.header })
    this.fail('invalid_signature', step)
  }

  /** A GOAWAY came: `session_closed` begins an orderly end, every other code is the peer's last word. */
  acceptGoaway(code: ErrorCode): void {
    if (code !== 'session_closed') {
      this.end(code, 'peer', 'goaway')
      return
    }
    this.#goawayReceived = true
    this.drain('peer')
  }

  /** Opens no more streams, lets those under way finish, and then ends. */
  drain(by: 'local' | 'peer'): void {
    if (!this.#draining) this.#drainedBy = by
    this.#draining = true
    this.wire.schedule()
  }

  frame(type: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    this.#dispatch.frame(type, streamId, bytes, start, end)
  }

  data(streamId: number, piece: Buffer, frameBytes: number, first: boolean): void {
    this.#dispatch.data(streamId, piece, frameBytes, first)
  }

  beforeFlush(): void {
    this.requests.flush()
    this.answers.flush()
    // GOAWAY promises that no REQUEST follows, so it waits for those a slow key still seals.
    if (!this.#draining || this.#goawaySent || this.table.unopened > 0) return
    this.#goawaySent = true
    this.wire.writer.text(FRAME.goaway, 0, '{"code":"session_closed"}')
  }

  afterFlush(): void {
    if (!this.#goawaySent || !this.#goawayReceived || this.#endWritten || this.#closedBy !== undefined) return
    if (this.table.size > 0 || this.requests.waiting + this.answers.waiting > 0) return
    this.#endWritten = true
    this.#link.endWriting()
  }

  lost(code: ErrorCode, step: string, cause?: unknown): void {
    const isNetwork = step === 'end_of_stream' || step === 'socket_error' || step === 'socket_closed'
    const wasAgreed = this.#goawaySent && this.#goawayReceived && this.table.size === 0
    if (isNetwork && wasAgreed) this.end('session_closed', this.#drainedBy)
    else this.end(code, isNetwork ? 'network' : 'local', step, cause)
  }

  /** Ends the session at once: every stream is told, nothing more is delivered. */
  end(code: ErrorCode, by: ClosedBy, step?: string, cause?: unknown): void {
    if (this.#closedBy !== undefined) return
    const error = new WuslaError(code, cause === undefined ? {} : { cause })
    this.#closedBy = error
    this.#keepAlive.stop()
    this.pings.end()
    this.requests.close()
    this.answers.close()
    this.incoming.close()
    this.#link.leave(by === 'local' && step !== undefined ? code : undefined)
    for (const stream of this.table.all()) stream.onSessionEnd(error)
    const reason: SessionClosed = step === undefined ? { code, by } : { code, by, step }
    const event = { kind: 'session_ended', session: this.id, peer: this.peer, ...reason } as const
    const openMs = this.options.clock.nowMs() - this.#startedMs
    this.options.onEvent(cause === undefined ? { ...event, openMs } : { ...event, openMs, cause })
    void this.#link.gone.then(() => this.#resolveClosed(reason))
  }

  #outgoing(kind: 'requests' | 'answers'): OutgoingBatches {
    const { network, localGateway, sealKey, recordBatch, hurryRecords } = this.options
    return new OutgoingBatches({
      kind,
      network,
      from: localGateway,
      to: this.peer,
      session: this.id,
      sealKey,
      recordBatch,
      hurryRecords,
      wire: this.wire,
      onFailure: (code, step, cause) => this.fail(code, step, cause),
    })
  }

  #incoming(): IncomingBatches {
    const { network, localGateway, sealVerifier, recordBatch, hurryRecords, limits } = this.options
    return new IncomingBatches({
      network,
      from: this.peer,
      to: localGateway,
      session: this.id,
      resolveKey: (keyId) => sealVerifier(keyId, this.peer),
      recordBatch,
      hurryRecords,
      maxHeldBytes: limits?.maxHeldBytes ?? MAX_HELD_BYTES,
    })
  }

  #startKeepAlive(): KeepAlive {
    const { limits } = this.options
    return new KeepAlive({
      intervalMs: limits?.pingIntervalMs ?? PING_INTERVAL_MS,
      deadlineMs: limits?.pingDeadlineMs ?? PING_DEADLINE_MS,
      bytesRead: () => this.#link.bytesRead,
      onLook: () => this.pings.look(this.table.size > 0),
      onDead: () => this.end('session_closed', 'network', 'keep_alive'),
    })
  }
}
