import { decodeEntryBundle } from '../../ledger/entry-bundle.ts'
import { formatTilePath, TILE_WIDTH } from '../../ledger/tile-path.ts'
import { MAX_ENTRY_BYTES } from '../../protocol/limits.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { MAX_CHECKPOINT_LENGTH } from './held-checkpoint.ts'

/** The part of `fetch` that a follower uses. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>

/** How long one request may take beyond the time that a long poll waits. Unit: ms. */
const REQUEST_TIMEOUT_MS = 10_000
/** A long poll answers within 25 s, changed or not. Unit: ms. */
const LONG_POLL_MS = 25_000
const HASH_BYTES = 32
const MAX_BUNDLE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)

/**
 * One place that serves the log: the registry or a branch. Nothing it says is believed here; every answer is
 * bounded in size and time.
 */
export class SourceClient {
  readonly url: string
  readonly #fetch: Fetch

  constructor(url: string, fetch: Fetch) {
    this.url = url
    this.#fetch = fetch
  }

  /** The newest checkpoint; waits for one beyond `size`, unless that is undefined. */
  async checkpoint(beyond: number | undefined, signal: AbortSignal): Promise<string> {
    const query = beyond === undefined ? '' : `?beyond=${beyond}`
    const timeoutMs = REQUEST_TIMEOUT_MS + (beyond === undefined ? 0 : LONG_POLL_MS)
    const bytes = await this.#get(`checkpoint${query}`, MAX_CHECKPOINT_LENGTH, timeoutMs, signal)
    return (bytes ?? this.#absent('checkpoint')).toString('utf8')
  }

  /** Entries `index · 256` and the `width - 1` after it. Falls back to the full bundle when the part is gone. */
  async bundle(index: number, width: number, signal: AbortSignal): Promise<Buffer[]> {
    const path = formatTilePath('entries', index, width)
    const part = await this.#get(path, MAX_BUNDLE_BYTES, REQUEST_TIMEOUT_MS, signal)
    if (part !== undefined) return decodeEntryBundle(part, width) ?? this.#garbled(path)
    if (width === TILE_WIDTH) return this.#absent(path)
    return (await this.bundle(index, TILE_WIDTH, signal)).slice(0, width)
  }

  /** The first `width` hashes of a tile. */
  async tile(level: number, index: number, width: number, signal: AbortSignal): Promise<Buffer> {
    const path = formatTilePath(level, index, width)
    const part = await this.#get(path, TILE_WIDTH * HASH_BYTES, REQUEST_TIMEOUT_MS, signal)
    if (part?.length === width * HASH_BYTES) return part
    if (part !== undefined) return this.#garbled(path)
    if (width === TILE_WIDTH) return this.#absent(path)
    return (await this.tile(level, index, TILE_WIDTH, signal)).subarray(0, width * HASH_BYTES)
  }

  /** A snapshot as it comes in; undefined when this source has none. The caller bounds size and time. */
  async snapshot(signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const response = await this.#request('snapshot', signal)
    if (response.status === 404) return undefined
    return this.#body(response, 'snapshot')
  }

  async #get(
    path: string,
    maxBytes: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await this.#request(path, bounded)
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of this.#body(response, path)) {
      bytes += chunk.length
      if (bytes > maxBytes) throw this.#failed('request_too_large', path)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  async #request(path: string, signal: AbortSignal): Promise<Response> {
    try {
      return await this.#fetch(`${this.url}/log/${path}`, { signal, redirect: 'error' })
    } catch (cause) {
      throw this.#failed('registry_unreachable', path, cause)
    }
  }

  async *#body(response: Response, path: string): AsyncGenerator<Uint8Array> {
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel()
      throw this.#failed('registry_unreachable', path, undefined, response.status)
    }
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) yield chunk
    } catch (cause) {
      if (isWuslaError(cause)) throw cause
      throw this.#failed('registry_unreachable', path, cause)
    }
  }

  #absent(path: string): never {
    throw this.#failed('not_found', path)
  }

  #garbled(path: string): never {
    throw this.#failed('invalid_tile', path)
  }

  #failed(
    code: 'registry_unreachable' | 'request_too_large' | 'not_found' | 'invalid_tile',
    path: string,
    cause?: unknown,
    status?: number,
  ): WuslaError {
    const { url: source } = this
    const details = { source, path, ...(status === undefined ? {} : { status }) }
    return new WuslaError(code, { details, cause })
  }
}
