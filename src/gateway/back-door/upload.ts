/**
 * A streamed request body that can be stopped from outside. The HTTP client only lets go of a body when it gives its
 * next chunk; a body that waits for a slow consumer would be held until then.
 */
export class Upload implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #iterator: AsyncIterator<Uint8Array, unknown>
  #isStopped = false

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]()
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const result = await this.#iterator.next()
    if (result.done !== true) return result
    this.#isStopped = true
    return { done: true, value: undefined }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.stop()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Lets go of the body; what it still holds is thrown away. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#iterator.return?.().catch(() => undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
