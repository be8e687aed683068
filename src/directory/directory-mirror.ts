import type { LogSource } from './log-source.ts'
import { writeSnapshot } from './snapshot.ts'

/** An answer for whatever HTTP server asks. */
export interface LogAnswer {
  readonly status: 200 | 400 | 404 | 503
  readonly headers: Readonly<Record<string, string>>
  /** All bytes, or a stream of them whose length is not known. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
  /** With a stream: fires when the reader is too slow. Whoever serves it must then drop the connection. */
  readonly late?: AbortSignal
}

export interface MirrorOptions {
  /** Most long polls that wait at the same time; more are answered at once. Default 20,000. */
  readonly maxWaiting?: number
  /** How long a long poll waits for news. Default 25,000 ms, which followers rely on. */
  readonly longPollMs?: number
  /** Most snapshots under way at the same time; more are asked to come later. Default 4. */
  readonly maxSnapshots?: number
  /** Longest pause of a snapshot's reader between two pieces. Default 30,000 ms. */
  readonly stallMs?: number
  /** Longest time for a whole snapshot. Default 600,000 ms. */
  readonly snapshotMs?: number
}

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
const FOR_EVER = 'public, max-age=31536000, immutable'

/**
 * Serves the log of a directory, from a follower at a branch or from the ledger at the registry: `checkpoint` and
 * `tile/…` as C2SP tlog-tiles has them, and two things of our own, `checkpoint?beyond=<size>` and `snapshot`.
 */
export class DirectoryMirror {
  readonly #source: LogSource
  readonly #limits: Required<MirrorOptions>
  #waiting = 0
  #snapshots = 0

  constructor(source: LogSource, options: MirrorOptions = {}) {
    this.#source = source
    this.#limits = {
      maxWaiting: 20_000,
      longPollMs: 25_000,
      maxSnapshots: 4,
      stallMs: 30_000,
      snapshotMs: 600_000,
      ...options,
    }
  }

  /**
   * Answers `GET {prefix}/log/{path}`.
   *
   * @param path - what follows `log/`, without the query: `checkpoint`, `tile/0/000`, `snapshot`.
   * @param query - `beyond=<size>` on the checkpoint: waits until there is a larger one, or about 25 s.
   * @param signal - aborted when the caller has gone.
   */
  async answer(path: string, query: URLSearchParams, signal: AbortSignal): Promise<LogAnswer> {
    if (path === 'checkpoint') return await this.#checkpoint(query, signal)
    if (path === 'snapshot') return this.#snapshot(signal)
    const found = path.startsWith('tile/') ? await this.#source.tile(path) : undefined
    if (found === undefined) return plain(404, 'not here\n')
    const { bytes, contentType, immutable } = found
    const headers = { 'content-type': contentType, 'cache-control': immutable ? FOR_EVER : 'no-store' }
    return { status: 200, headers, body: bytes }
  }

  async #checkpoint(query: URLSearchParams, signal: AbortSignal): Promise<LogAnswer> {
    const beyond = query.get('beyond')
    if (beyond !== null) {
      if (!/^(?:0|[1-9]\d{0,15})$/.test(beyond)) return plain(400, 'beyond is a number of entries\n')
      const size = this.#source.checkpoint()?.size ?? 0
      if (size <= Number(beyond)) await this.#waitForNews(Number(beyond), signal)
    }
    const held = this.#source.checkpoint()
    if (held === undefined) return plain(404, 'no checkpoint yet\n')
    const headers = { 'content-type': TEXT, 'cache-control': 'no-store' }
    return { status: 200, headers, body: Buffer.from(held.note, 'utf8') }
  }

  async #waitForNews(size: number, signal: AbortSignal): Promise<void> {
    const { maxWaiting, longPollMs } = this.#limits
    if (this.#waiting >= maxWaiting) return
    this.#waiting += 1
    try {
      await this.#source.waitBeyond(size, AbortSignal.any([signal, AbortSignal.timeout(longPollMs)]))
    } finally {
      this.#waiting -= 1
    }
  }

  #snapshot(signal: AbortSignal): LogAnswer {
    const held = this.#source.checkpoint()
    if (held === undefined) return plain(404, 'no checkpoint yet\n')
    if (this.#snapshots >= this.#limits.maxSnapshots) return plain(503, 'too many snapshots at once\n')
    const entries = (from: number, to: number) => this.#source.entries(from, to)
    const headers = { 'content-type': BYTES, 'cache-control': 'no-store' }
    const pieces = writeSnapshot({ checkpoint: () => held, entries })
    return { status: 200, headers, ...this.#paced(pieces, signal) }
  }

  /** Counted from here, not from the first piece: a reader that takes none holds a place, and loses it in time. */
  #paced(
    pieces: AsyncGenerator<Uint8Array>,
    signal: AbortSignal,
  ): { readonly body: AsyncGenerator<Uint8Array>; readonly late: AbortSignal } {
    const late = new AbortController()
    const stall = setTimeout(() => late.abort(), this.#limits.stallMs)
    const whole = setTimeout(() => late.abort(), this.#limits.snapshotMs)
    this.#snapshots += 1
    let isHeld = true
    const release = (): void => {
      if (!isHeld) return
      isHeld = false
      clearTimeout(stall)
      clearTimeout(whole)
      this.#snapshots -= 1
    }
    signal.addEventListener('abort', release, { once: true })
    late.signal.addEventListener('abort', release, { once: true })
    const paced = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of pieces) {
          late.signal.throwIfAborted()
          yield piece
          stall.refresh()
        }
      } finally {
        release()
      }
    }
    return { body: paced(), late: late.signal }
  }
}

function plain(status: 400 | 404 | 503, text: string): LogAnswer {
  const retry = status === 503 ? { 'retry-after': '5' } : {}
  return {
    status,
    headers: { 'content-type': TEXT, 'cache-control': 'no-store', ...retry },
    body: Buffer.from(text),
  }
}
