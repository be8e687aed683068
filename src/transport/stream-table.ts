import { PassingMap } from '../protocol/passing-map.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { RequestStream } from './request-stream.ts'

/** From this id on a session opens no more streams and is drained: ids are 32 bits and are never used again. */
const LAST_STREAM_ID = 0xf000_0000

/**
 * The open streams of a session. The initiator opens odd ids, the acceptor even ones, each side in rising order, so
 * an id that is not here was either never opened or is over: nothing has to be remembered about closed streams.
 */
export class StreamTable {
  /** Streams we opened: our requests. */
  readonly own: PassingMap<number, RequestStream> = new PassingMap()
  /** Streams the peer opened: its requests. */
  readonly peers: PassingMap<number, AnswerStream> = new PassingMap()
  /** Our requests by exchange, also those that have no id yet: an exchange must not run twice at the same time. */
  readonly ownExchanges: PassingMap<string, RequestStream> = new PassingMap()
  /** Exchanges of the peer that run. */
  readonly peerExchanges: PassingMap<string, AnswerStream> = new PassingMap()
  readonly #onIdle: () => void
  readonly #ownParity: number
  #nextOwnId: number
  #lastPeerId = 0
  #ownOpened = 0
  #peersOpened = 0

  constructor(role: 'initiator' | 'acceptor', onIdle: () => void) {
    this.#onIdle = onIdle
    this.#ownParity = role === 'initiator' ? 1 : 0
    this.#nextOwnId = role === 'initiator' ? 1 : 2
  }

  /** Requests and answers under way; a request that has no id yet counts. */
  get size(): number {
    return this.ownExchanges.size + this.peers.size
  }

  /** Streams that were opened since the session began, by us and by the peer. */
  get opened(): { readonly own: number; readonly peers: number } {
    return { own: this.#ownOpened, peers: this.#peersOpened }
  }

  /** Our requests that wait for their seal and have no id yet. */
  get unopened(): number {
    return this.ownExchanges.size - this.own.size
  }

  /** Whether any message under way streams: it would be lost with the session. */
  get hasStreamedMessages(): boolean {
    return this.all().some(({ sending, receiving }) => sending.isStreamed || receiving.isStreamed)
  }

  /** Whether the ids come to their end. */
  get exhausted(): boolean {
    return this.#nextOwnId > LAST_STREAM_ID
  }

  isOwn(id: number): boolean {
    return id % 2 === this.#ownParity
  }

  /** Whether the id was opened at some time, by either side. */
  wasOpened(id: number): boolean {
    return id > 0 && (this.isOwn(id) ? id < this.#nextOwnId : id <= this.#lastPeerId)
  }

  find(id: number): RequestStream | AnswerStream | undefined {
    return this.isOwn(id) ? this.own.get(id) : this.peers.get(id)
  }

  /** Registers a request of ours that has no id yet. */
  reserve(stream: RequestStream): void {
    if (this.ownExchanges.has(stream.exchange)) {
      throw new WuslaError('conflict', { message: 'The exchange is already under way on this session.' })
    }
    this.ownExchanges.set(stream.exchange, stream)
  }

  /** Gives our request its id. Ids rise in the order of the frames, so this happens when the frame is written. */
  open(stream: RequestStream): number {
    const id = this.#nextOwnId
    this.#nextOwnId += 2
    this.#ownOpened += 1
    this.own.set(id, stream)
    return id
  }

  /** Takes a stream of the peer. False when the id is not the peer's to use, or not higher than the last. */
  accept(id: number, stream: AnswerStream): boolean {
    if (this.isOwn(id) || id <= this.#lastPeerId) return false
    this.#lastPeerId = id
    this.#peersOpened += 1
    this.peers.set(id, stream)
    return true
  }

  /** Forgets a request of ours. */
  closeOwn(stream: RequestStream): void {
    this.own.delete(stream.id)
    this.ownExchanges.delete(stream.exchange)
    if (this.size === 0) this.#onIdle()
  }

  /** Forgets a stream of the peer. */
  closePeers(stream: AnswerStream, exchange: string | undefined): void {
    this.peers.delete(stream.id)
    if (exchange !== undefined) this.peerExchanges.delete(exchange)
    if (this.size === 0) this.#onIdle()
  }

  /** Every stream, once; also those without an id. */
  all(): (RequestStream | AnswerStream)[] {
    return [...this.ownExchanges.values(), ...this.peers.values()]
  }
}
