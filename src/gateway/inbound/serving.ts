import { peerCode } from '../../protocol/error-codes.ts'
import { toWuslaError, type WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import { Cancellation } from '../back-door/cancellation.ts'
import type { KeptAnswer, ServedExchange, ServedExchanges } from './served-exchanges.ts'

/**
 * One exchange while it is served. A request at hand is kept by its name, so that it survives its session; one whose body
 * streams ends with its session, since nobody could send it again.
 */
export class Serving {
  readonly #exchanges: ServedExchanges
  readonly #incoming: IncomingRequest
  readonly #served: ServedExchange | undefined
  /** Ends the call of the backend. */
  readonly cancellation: Cancellation
  #isAnswered = false

  private constructor(
    exchanges: ServedExchanges,
    incoming: IncomingRequest,
    served: ServedExchange | undefined,
  ) {
    this.#exchanges = exchanges
    this.#incoming = incoming
    this.#served = served
    this.cancellation = served?.cancellation ?? new Cancellation()
  }

  static begin(exchanges: ServedExchanges, incoming: IncomingRequest): Serving {
    if (!Buffer.isBuffer(incoming.body)) {
      const streamed = new Serving(exchanges, incoming, undefined)
      incoming.onCancel(() => streamed.cancellation.cancel())
      return streamed
    }
    const { statement, statementText, isResent } = incoming
    const served = exchanges.begin(statement.exchange, statementText, isResent)
    incoming.onCancel(() => {
      if (!incoming.isLost) served.cancel()
    })
    return new Serving(exchanges, incoming, served)
  }

  /** It must not go on, such as when the agreement ended: nobody gets an answer any more, on this session or another. */
  cut(cause: WuslaError): void {
    this.#settle({ kind: 'failed', error: cause })
    this.#served?.cancel()
    this.#incoming.reset(peerCode(cause.code))
  }

  answered(answer: KeptAnswer): void {
    this.#isAnswered = true
    const { body } = answer
    const isWhole = body === null || body instanceof Uint8Array
    this.#settle(isWhole ? { kind: 'answered', answer } : { kind: 'streamed' })
  }

  /** The whole answer was recorded and written. */
  delivered(): void {
    if (this.#served !== undefined) this.#exchanges.release(this.#exchange, this.#incoming)
  }

  /** Whether what ended the exchange is only the loss of its session, after the backend had answered. */
  isKept(cause: unknown): boolean {
    if (!this.#isAnswered || !this.#incoming.isLost || this.#served === undefined) return false
    if (toWuslaError(cause, 'internal_error').code !== 'session_closed') return false
    this.#exchanges.keepForAWhile(this.#exchange)
    return true
  }

  failed(error: WuslaError): void {
    this.#settle({ kind: 'failed', error })
  }

  /** The refusal was written, or nobody is there to read it. */
  refused(): void {
    if (this.#served === undefined) return
    if (this.#incoming.isLost) this.#exchanges.keepForAWhile(this.#exchange)
    else if (this.#incoming.cancelled) this.#exchanges.letGo(this.#exchange)
    else this.#exchanges.release(this.#exchange, this.#incoming)
  }

  get #exchange(): string {
    return this.#incoming.statement.exchange
  }

  #settle(outcome: Parameters<ServedExchange['settle']>[0]): void {
    if (this.#served !== undefined) this.#exchanges.settle(this.#exchange, this.#served, outcome)
  }
}
