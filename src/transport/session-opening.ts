import { randomBytes } from 'node:crypto'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import { FRAME } from './frame-layout.ts'
import { SessionCore } from './session-core.ts'
import { readText } from './session-frames.ts'
import { decodeHello, encodeHello, SESSION_VERSION, sessionId } from './session-hello.ts'
import type { Hello } from './session-hello.ts'
import { HELLO_TIMEOUT_MS, INITIAL_CREDIT_BYTES, MAX_STREAMS, MAX_UNSENT_BYTES } from './session-limits.ts'
import { SessionLink } from './session-link.ts'
import type { LinkOwner } from './session-link.ts'
import type { SessionOptions } from './session-options.ts'

/**
 * Exchanges HELLOs and hands the link to the session in the same call, since the peer's first request may lie
 * directly behind its HELLO.
 */
export class SessionOpening implements LinkOwner {
  readonly opened: Promise<SessionCore>
  readonly #options: SessionOptions
  readonly #link: SessionLink
  readonly #local: Hello
  readonly #resolve: (core: SessionCore) => void
  readonly #reject: (error: WuslaError) => void
  readonly #timer: NodeJS.Timeout
  #core: SessionCore | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { promise, resolve, reject } = Promise.withResolvers<SessionCore>()
    this.opened = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#local = localHello(options)
    this.#link = new SessionLink(options.socket, options.limits?.maxUnsentBytes ?? MAX_UNSENT_BYTES, this)
    const timeoutMs = options.limits?.helloTimeoutMs ?? HELLO_TIMEOUT_MS
    this.#timer = setTimeout(() => this.lost('session_closed', 'hello_timeout'), timeoutMs)
    if (options.socket.destroyed) this.lost('session_closed', 'socket_closed')
    else this.#sendHello()
  }

  frame(type: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    // Frames behind the HELLO in the same chunk already belong to the session.
    if (this.#core !== undefined) {
      this.#core.frame(type, streamId, bytes, start, end)
      return
    }
    if (type === FRAME.goaway) throw new WuslaError('session_closed')
    if (type !== FRAME.hello || streamId !== 0) throw new WuslaError('invalid_frame')
    const peer = decodeHello(readText(bytes, start, end))
    this.#check(peer)
    this.#begin(peer)
  }

  data(): void {
    throw new WuslaError('invalid_frame')
  }

  beforeFlush(): void {
    // Nothing to seal before the session has its id.
  }

  afterFlush(): void {
    // Nothing waits for a flush.
  }

  lost(code: ErrorCode, step: string, cause?: unknown): void {
    clearTimeout(this.#timer)
    this.#link.leave(step === 'frame' ? code : undefined)
    const details = { step }
    this.#reject(new WuslaError(code, cause === undefined ? { details } : { details, cause }))
  }

  #sendHello(): void {
    this.#link.wire.writer.text(FRAME.hello, 0, encodeHello(this.#local))
    this.#link.wire.schedule()
  }

  #check(peer: Hello): void {
    const { network, peerGateway } = this.#options
    if (peer.network !== network) throw new WuslaError('wrong_peer', { details: { network: peer.network } })
    if (peerGateway !== undefined && peer.gateway !== peerGateway) {
      throw new WuslaError('wrong_peer', { details: { expected: peerGateway, gateway: peer.gateway } })
    }
    // Our own HELLO thrown back at us.
    if (peer.nonce === this.#local.nonce)
      throw new WuslaError('wrong_peer', { details: { nonce: 'reflected' } })
  }

  #begin(peer: Hello): void {
    clearTimeout(this.#timer)
    const local = this.#local
    const [initiator, acceptor] = this.#options.role === 'initiator' ? [local, peer] : [peer, local]
    const id = sessionId(initiator, acceptor, this.#options.exporter)
    this.#core = new SessionCore(this.#options, this.#link, { id, local, peer })
    this.#link.handOver(this.#core)
    this.#resolve(this.#core)
  }
}

function localHello(options: SessionOptions): Hello {
  const nonce = options.nonce?.() ?? randomBytes(32)
  return {
    version: SESSION_VERSION,
    network: options.network,
    gateway: options.localGateway,
    nonce: Buffer.from(nonce.buffer, nonce.byteOffset, nonce.byteLength).toString('base64url'),
    sealKeys: [options.sealKey.keyId],
    initialCredit: options.limits?.initialCredit ?? INITIAL_CREDIT_BYTES,
    maxStreams: options.limits?.maxStreams ?? MAX_STREAMS,
    ...(options.features === undefined ? {} : { features: options.features }),
  }
}
