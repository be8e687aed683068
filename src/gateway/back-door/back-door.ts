import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { BackDoorAnswer, BackDoorRequest, ServiceTarget } from './back-door-request.ts'
import { BackendCall } from './backend-call.ts'
import { backendHeaders } from './backend-headers.ts'
import { backendTarget, parseServiceUrl } from './service-address.ts'
import type { ServiceAddress } from './service-address.ts'
import { ServicePool } from './service-pool.ts'
import { Upload } from './upload.ts'

export interface BackDoorOptions {
  /** Connections to one backend at once; further calls wait for one. Default 512. */
  readonly maxConnectionsPerService?: number
}

/** What the door holds at this moment. */
export interface BackDoorLoad {
  /** Calls whose answer is not complete. */
  readonly calls: number
  /** Bytes of answers that wait for the inbound side. */
  readonly waitingBytes: number
  /** Connections, in use or kept. */
  readonly connections: number
}

/** A target prepared for use. */
interface Prepared {
  readonly address: ServiceAddress
  readonly pool: ServicePool
}

const TRIM_INTERVAL_MS = 30_000

/** Methods that do no harm when they are carried out twice (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'])

/** Failures of a kept connection that the backend closed just when it was used again. */
const CLOSED_UNDER_US: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Calls the backends of this member's services. Redirects are answers, and bodies are not decoded. */
export class BackDoor {
  readonly #maxConnections: number
  readonly #prepared = new WeakMap<ServiceTarget, Prepared>()
  readonly #pools = new Map<string, ServicePool>()
  readonly #gauge = { bytes: 0 }
  readonly #trimmer: NodeJS.Timeout
  #calls = 0

  constructor(options: BackDoorOptions = {}) {
    this.#maxConnections = options.maxConnectionsPerService ?? 512
    this.#trimmer = setInterval(() => this.#trim(), TRIM_INTERVAL_MS)
    this.#trimmer.unref()
  }

  get load(): BackDoorLoad {
    const connections = [...this.#pools.values()].reduce((sum, pool) => sum + pool.size, 0)
    return { calls: this.#calls, waitingBytes: this.#gauge.bytes, connections }
  }

  /**
   * Calls a backend. Resolves with the head of the answer as soon as it is there, or with the whole of a small one.
   *
   * @param signal - ends the call at any time, also while the body of the answer is read
   * @throws WuslaError (as rejection) `backend_unreachable`, `backend_timeout`, `backend_http_error` with
   *   `details.reason` and `details.sent`; `stream_cancelled` after `signal`; `config_invalid`, `file_unreadable`,
   *   `too_many_requests`; and what a body stream throws
   */
  async callService(
    target: ServiceTarget,
    request: BackDoorRequest,
    signal?: AbortSignal,
  ): Promise<BackDoorAnswer> {
    const prepared = this.#prepare(target)
    try {
      return await this.#attempt(target, prepared, request, signal)
    } catch (error) {
      if (!mayRepeat(error, request)) throw error
      return await this.#attempt(target, prepared, request, signal)
    }
  }

  /** Cuts every connection and ends every call. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#trimmer)
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #attempt(
    target: ServiceTarget,
    { address, pool }: Prepared,
    request: BackDoorRequest,
    signal: AbortSignal | undefined,
  ): Promise<BackDoorAnswer> {
    const { caller, method, body } = request
    const isStream = body !== null && !Buffer.isBuffer(body)
    const upload = isStream ? new Upload(body) : undefined
    const { headers, bodyBytes } = backendHeaders(request.headers, caller, target.host ?? 'backend')
    const length = request.bodyBytes ?? bodyBytes
    if (isStream && length !== undefined) headers.push('content-length', String(length))
    const options: Dispatcher.DispatchOptions = {
      path: backendTarget(address.basePath, request.path, request.query),
      method,
      headers,
      // The client takes any async iterable; its types know streams only.
      body: isStream ? (upload as unknown as Readable) : body,
      headersTimeout: target.answerTimeoutMs ?? 60_000,
      bodyTimeout: target.answerTimeoutMs ?? 60_000,
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => call.cancel(new WuslaError('stream_cancelled', { cause: signal?.reason }))
      const ended = (): void => {
        this.#calls -= 1
        signal?.removeEventListener('abort', onAbort)
      }
      const call = new BackendCall(method, upload, this.#gauge, { resolve, reject, ended })
      this.#calls += 1
      if (signal?.aborted === true) return onAbort()
      signal?.addEventListener('abort', onAbort)
      try {
        pool.run(options, call)
      } catch (error) {
        call.cancel(error as WuslaError)
      }
    })
  }

  #prepare(target: ServiceTarget): Prepared {
    const known = this.#prepared.get(target)
    if (known !== undefined) return known
    const address = parseServiceUrl(target.url)
    const { caFile, pinnedSha256 } = target.tls ?? {}
    const key = JSON.stringify([address.origin, caFile, pinnedSha256, target.connectTimeoutMs])
    const pool = this.#pools.get(key) ?? new ServicePool(target, address, this.#maxConnections)
    this.#pools.set(key, pool)
    const prepared = { address, pool }
    this.#prepared.set(target, prepared)
    return prepared
  }

  #trim(): void {
    for (const pool of this.#pools.values()) pool.trim()
  }
}

/**
 * Whether a call may be made once more: a kept connection can be closed by the backend in the very moment it is used.
 * Only where carrying it out twice does no harm and the body is still here.
 */
function mayRepeat(error: unknown, request: BackDoorRequest): boolean {
  if (!(error instanceof WuslaError) || error.code !== 'backend_http_error') return false
  if (request.body !== null && !Buffer.isBuffer(request.body)) return false
  return IDEMPOTENT.has(request.method) && CLOSED_UNDER_US.has(error.details['reason'])
}
