import { WuslaError } from '../../protocol/wusla-error.ts'
import type { ByteGauge } from '../front-door/body-stream.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { BackDoorAnswer } from './back-door-request.ts'
import { BackendCall } from './backend-call.ts'
import type { CallOutcome, CallRequest } from './backend-call.ts'
import { CONNECTION_CLOSED } from './backend-failure.ts'
import type { Cancellable, Cancellation } from './cancellation.ts'
import type { ServicePool } from './service-pool.ts'

/** What the calls of a door hold at this moment. */
export interface CallGauge extends ByteGauge {
  /** Attempts whose answer is not complete. */
  calls: number
}

/** Failures of a kept connection that the backend closed just when it was used again. */
const CLOSED_UNDER_US: ReadonlySet<unknown> = new Set([CONNECTION_CLOSED, 'ECONNRESET', 'EPIPE'])

/** One call of a service: one attempt at its backend, or two where a kept connection was closed under the first. */
export class ServiceCall implements CallOutcome, Cancellable {
  readonly #pool: ServicePool
  readonly #request: CallRequest
  readonly #gauge: CallGauge
  readonly #cancellation: Cancellation | undefined
  readonly #answered: (answer: BackDoorAnswer) => void
  readonly #failed: (error: WuslaError) => void
  #attempt: BackendCall | undefined
  #isRepeated = false

  constructor(
    pool: ServicePool,
    request: CallRequest,
    gauge: CallGauge,
    cancellation: Cancellation | undefined,
    answered: (answer: BackDoorAnswer) => void,
    failed: (error: WuslaError) => void,
  ) {
    this.#pool = pool
    this.#request = request
    this.#gauge = gauge
    this.#cancellation = cancellation
    this.#answered = answered
    this.#failed = failed
  }

  start(): void {
    const attempt = new BackendCall(this.#request, this.#gauge, this)
    this.#attempt = attempt
    this.#gauge.calls += 1
    this.#cancellation?.begin(this)
    if (!attempt.isOver) this.#pool.run(attempt)
  }

  /** Ends the call at any time, also while the body of the answer is read. */
  cancel(): void {
    this.#attempt?.cancel(new WuslaError('stream_cancelled'))
  }

  resolve(answer: BackDoorAnswer): void {
    this.#answered(answer)
  }

  reject(error: WuslaError): void {
    if (this.#isRepeated || !mayRepeat(error, this.#request)) {
      this.#failed(error)
      return
    }
    this.#isRepeated = true
    this.start()
  }

  ended(attempt: BackendCall): void {
    this.#gauge.calls -= 1
    if (this.#attempt === attempt) this.#cancellation?.end()
  }
}

/**
 * Whether a call may be made once more: a kept connection can be closed by the backend in the very moment it is used.
 * Only where carrying it out twice does no harm and the body is still here.
 */
function mayRepeat(error: WuslaError, { method, body }: CallRequest): boolean {
  if (error.code !== 'backend_http_error') return false
  if (body !== null && !Buffer.isBuffer(body)) return false
  return IDEMPOTENT.has(method) && CLOSED_UNDER_US.has(error.details['reason'])
}
