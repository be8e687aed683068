/** Acts that follow one another, whatever becomes of the one before. Each caller gets its own outcome. */
export class OneAtATime {
  #tail: Promise<unknown> = Promise.resolve()

  async run<T>(act: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(act)
    this.#tail = run.catch(() => undefined)
    return await run
  }
}
