import type { Clock } from '../../protocol/clock.ts'
import { PassingMap } from '../../protocol/passing-map.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest, MessageBody } from '../../transport/incoming-request.ts'
import { Cancellation } from '../back-door/cancellation.ts'

/** An answer that can be given again: the same words, so that its statement is the same. */
export interface KeptAnswer {
  readonly status: number
  readonly headerBlock: string
  readonly body: MessageBody
  /** When it was first given. */
  readonly time: string
}

/** What became of the one call of the backend. */
export type ServedOutcome =
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** The answer streams; it is too large to be kept. */
  | { readonly kind: 'streamed' }
  | { readonly kind: 'failed'; readonly error: WuslaError }

/** Bounds of what is kept for consumers that come again. */
export interface ServedLimits {
  /** How long an exchange is kept whose consumer was lost, in milliseconds. Default 60,000. */
  readonly keepMs?: number
  /** Bytes of answers kept; beyond, the oldest are let go. Default 67,108,864. */
  readonly maxBytes?: number
  /** Exchanges kept, answered ones included. Default 65,536. */
  readonly maxExchanges?: number
}

const KEEP_MS = 60_000
const MAX_BYTES = 67_108_864
const MAX_EXCHANGES = 65_536

/** What an exchange costs beside its answer, in bytes. */
const EXCHANGE_BYTES = 1_024

/** One exchange that is being served, or was answered a moment ago. */
export class ServedExchange {
  /** The sealed words of the request: another request under the same name is not the same exchange. */
  readonly statementText: string
  /** The first copy has not come. The line on which it was lost may still deliver it, and it does not say that it is one. */
  isFirstOut: boolean
  /** Ends the call of the backend, also while its answer streams. */
  readonly cancellation: Cancellation = new Cancellation()
  #outcome: ServedOutcome | undefined
  /** Made when a copy attaches: most exchanges come once. */
  #asked: PromiseWithResolvers<ServedOutcome> | undefined
  #bytes = EXCHANGE_BYTES

  constructor(statementText: string, isResent: boolean) {
    this.statementText = statementText
    this.isFirstOut = isResent
  }

  /** About how much memory it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when the backend has answered or failed. Never rejects. */
  get outcome(): Promise<ServedOutcome> {
    this.#asked ??= Promise.withResolvers()
    if (this.#outcome !== undefined) this.#asked.resolve(this.#outcome)
    return this.#asked.promise
  }

  /** The consumer gives the exchange up or its agreement ends; the loss of its session is no reason. */
  cancel(): void {
    this.cancellation.cancel()
  }

  /** What became of the call; the first word counts. */
  settle(outcome: ServedOutcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    if (outcome.kind === 'answered') {
      const { headerBlock, body } = outcome.answer
      this.#bytes += headerBlock.length + (Buffer.isBuffer(body) ? body.length : 0)
    }
    this.#asked?.resolve(outcome)
  }
}

/**
 * The exchanges under way at this gateway and those answered a moment ago, by name: whoever loses its session and sends
 * the exchange again finds it here, so that the backend is called once. An answer is let go as soon as the consumer's
 * gateway has read it; one whose session was lost, or of which only a later copy has come, is kept for a minute. All within
 * bounds: what was let go too early is told as `outcome_unknown`, or called again where a second call does no harm
 * (docs/spec/exactly-once.md).
 */
export class ServedExchanges {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #maxBytes: number
  readonly #maxExchanges: number
  readonly #exchanges = new PassingMap<string, ServedExchange>()
  /** Exchanges answered since one question for a confirmation, by that question. */
  readonly #unread = new Map<Promise<boolean>, string[]>()
  /** Exchanges that are kept for a while, by the time until which they are. */
  #lost: { readonly exchange: string; readonly untilMs: number }[] = []
  #bytes = 0

  constructor(clock: Clock, limits: ServedLimits = {}) {
    this.#clock = clock
    this.#keepMs = limits.keepMs ?? KEEP_MS
    this.#maxBytes = limits.maxBytes ?? MAX_BYTES
    this.#maxExchanges = limits.maxExchanges ?? MAX_EXCHANGES
  }

  get size(): number {
    return this.#exchanges.size
  }

  get bytes(): number {
    return this.#bytes
  }

  find(exchange: string): ServedExchange | undefined {
    return this.#exchanges.get(exchange)
  }

  /**
   * Notes an exchange that is about to be served.
   *
   * @param isResent - the request says that an earlier copy was sent
   */
  begin(exchange: string, statementText: string, isResent = false): ServedExchange {
    const served = new ServedExchange(statementText, isResent)
    this.#exchanges.set(exchange, served)
    this.#bytes += served.bytes
    this.#makeRoom()
    return served
  }

  /** The backend has answered or failed. */
  settle(exchange: string, served: ServedExchange, outcome: ServedOutcome): void {
    const before = served.bytes
    served.settle(outcome)
    if (this.#exchanges.get(exchange) === served) this.#bytes += served.bytes - before
  }

  /** The answer was written: the exchange is let go when it has been read, and kept for a while when that never shows. */
  release(exchange: string, incoming: Pick<IncomingRequest, 'confirm'>): void {
    const question = incoming.confirm()
    const waiting = this.#unread.get(question)
    if (waiting !== undefined) {
      waiting.push(exchange)
      return
    }
    const exchanges = [exchange]
    this.#unread.set(question, exchanges)
    void question.then((isRead) => {
      this.#unread.delete(question)
      if (isRead) for (const each of exchanges) this.letGo(each)
      else for (const each of exchanges) this.keepForAWhile(each)
    })
  }

  /** Keeps the exchange for a copy that may still come. */
  keepForAWhile(exchange: string): void {
    this.#sweep()
    this.#lost.push({ exchange, untilMs: this.#clock.nowMs() + this.#keepMs })
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs()
    const firstToKeep = this.#lost.findIndex(({ untilMs }) => untilMs > nowMs)
    const over = firstToKeep === -1 ? this.#lost.length : firstToKeep
    for (const { exchange } of this.#lost.splice(0, over)) this.#forget(exchange)
  }

  /** Lets the oldest go: the map keeps the order in which they came. */
  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes || this.#exchanges.size > this.#maxExchanges) {
      const [oldest] = this.#exchanges.keys()
      if (oldest === undefined) return
      this.#forget(oldest)
    }
  }

  /** The consumer needs it no more: it is forgotten, or kept for a while when its first copy may still come. */
  letGo(exchange: string): void {
    const served = this.#exchanges.get(exchange)
    if (served?.isFirstOut === true) this.keepForAWhile(exchange)
    else this.#forget(exchange, served)
  }

  #forget(exchange: string, served = this.#exchanges.get(exchange)): void {
    if (served === undefined) return
    this.#exchanges.delete(exchange)
    this.#bytes -= served.bytes
  }
}
