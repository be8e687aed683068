import type { SourceLoop } from './source-loop.ts'

/** So many healthy sources are asked at the same time: when one stalls or lies, the other has the news. */
const WANTED_HEALTHY = 2
const MAX_SOURCES = 16

/** Keeps loops going for the first sources of the list, and for further ones as long as those before them fail. */
export class SourcePool {
  readonly #sources: () => readonly string[]
  readonly #start: (url: string) => SourceLoop
  readonly #loops = new Map<string, SourceLoop>()
  readonly #closing = new Set<Promise<void>>()
  #isClosed = false

  constructor(sources: () => readonly string[], start: (url: string) => SourceLoop) {
    this.#sources = sources
    this.#start = start
  }

  /** Starts and stops loops so that they fit the list and its health. */
  adjust(): void {
    if (this.#isClosed) return
    const wanted = new Set<string>()
    let healthy = 0
    for (const url of [...new Set(this.#sources())].slice(0, MAX_SOURCES)) {
      if (healthy >= WANTED_HEALTHY) break
      wanted.add(url)
      if (this.#loops.get(url)?.isHealthy !== false) healthy += 1
    }
    for (const [url, loop] of this.#loops) if (!wanted.has(url)) this.#end(url, loop)
    for (const url of wanted) if (!this.#loops.has(url)) this.#loops.set(url, this.#start(url))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const [url, loop] of this.#loops) this.#end(url, loop)
    await Promise.all(this.#closing)
  }

  #end(url: string, loop: SourceLoop): void {
    this.#loops.delete(url)
    const closing = loop.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
