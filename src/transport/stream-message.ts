import type { WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingBody } from './incoming-body.ts'

/**
 * A streamed request or answer on its way in: handed on at its opening, good only when {@link release} says so.
 *
 * @typeParam O - opening
 * @typeParam S - final statement
 */
export class StreamedMessage<O, S> {
  readonly opening: O
  readonly body: IncomingBody
  /** The final statement, verified and durably recorded. */
  readonly complete: Promise<S>
  readonly recorded: Promise<void>
  readonly #resolve: (recorded: Promise<S>) => void
  readonly #reject: (error: WuslaError) => void
  #released = false

  constructor(opening: O, body: IncomingBody) {
    this.opening = opening
    this.body = body
    const { promise, resolve, reject } = Promise.withResolvers<S>()
    this.complete = promise
    this.recorded = promise.then(ignore)
    this.#resolve = resolve
    this.#reject = reject
    this.recorded.catch(ignore)
  }

  /** The statement is verified; once it is recorded the withheld end of the body is given out. */
  release(statement: S, recorded: Promise<void>): void {
    this.#released = true
    this.#resolve(recorded.then(() => statement))
    recorded.then(
      () => this.body.release(),
      (error: WuslaError) => this.body.fail(error),
    )
  }

  /** It will not come whole. Without effect on a message that is verified. */
  fail(error: WuslaError): void {
    if (this.#released) return
    this.#reject(error)
    this.body.fail(error)
  }
}

function ignore(): void {
  // The value is not needed; an error is told to whoever waits for it.
}
