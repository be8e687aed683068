/** What can be called off. */
export interface Cancellable {
  cancel(): void
}

/** Calls off a piece of work. It knows one at a time, and none when that is done: so it costs a tenth of an `AbortSignal`. */
export class Cancellation {
  #isCancelled = false
  #work: Cancellable | undefined

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** Names what is to be called off; at once if it is cancelled already. */
  begin(work: Cancellable): void {
    this.#work = work
    if (this.#isCancelled) work.cancel()
  }

  /** The work is done: nothing is left to call off. */
  end(): void {
    this.#work = undefined
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#work?.cancel()
  }
}
