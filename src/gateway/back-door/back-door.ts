import { WuslaError } from '../../protocol/wusla-error.ts'
import { Llhttp, MAX_INPUT_BYTES } from '../front-door/llhttp.ts'
import { IDEMPOTENT } from '../idempotent-methods.ts'
import type { BackDoorAnswer, BackDoorRequest, ServiceTarget } from './back-door-request.ts'
import { BackendCall } from './backend-call.ts'
import type { CallRequest } from './backend-call.ts'
import { CONNECTION_CLOSED } from './backend-failure.ts'
import { requestHead } from './request-head.ts'
import { parseServiceUrl } from './service-address.ts'
import type { ServiceAddress } from './service-address.ts'
import { ServicePool } from './service-pool.ts'
import type { PoolSetting } from './service-pool.ts'

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

const ANSWER_TIMEOUT_MS = 60_000

/** How finely time-outs are kept, in milliseconds. */
const TICK_MS = 100

/** Failures of a kept connection that the backend closed just when it was used again. */
const CLOSED_UNDER_US: ReadonlySet<unknown> = new Set([CONNECTION_CLOSED, 'ECONNRESET', 'EPIPE'])

/** Calls the backends of this member's services. Redirects are answers, and bodies are not decoded. */
export class BackDoor {
  readonly #setting: PoolSetting
  readonly #prepared = new WeakMap<ServiceTarget, Prepared>()
  readonly #pools = new Map<string, ServicePool>()
  readonly #gauge = { bytes: 0 }
  readonly #clock: NodeJS.Timeout
  #nowMs = performance.now()
  #calls = 0

  constructor(options: BackDoorOptions = {}) {
    this.#setting = {
      llhttp: new Llhttp(),
      readBuffer: Buffer.allocUnsafeSlow(MAX_INPUT_BYTES),
      maxConnections: options.maxConnectionsPerService ?? 512,
      // Never early: the clock may be a tick behind.
      nowMs: () => this.#nowMs + TICK_MS,
    }
    this.#clock = setInterval(() => this.#tick(), TICK_MS)
    this.#clock.unref()
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
   *   `details.reason` and `details.sent`; `stream_cancelled` after `signal`; `config_invalid`, `backend_authority_unreadable`,
   *   `invalid_request`, `too_many_requests`; and what a body stream throws
   */
  callService(
    target: ServiceTarget,
    request: BackDoorRequest,
    signal?: AbortSignal,
  ): Promise<BackDoorAnswer> {
    return new Promise((resolve, reject) => {
      const { address, pool } = this.#prepare(target)
      const { method, body } = request
      const { text, streamBytes } = requestHead(request, address, target.host ?? 'backend')
      const answerTimeoutMs = target.answerTimeoutMs ?? ANSWER_TIMEOUT_MS
      const prepared = { method, head: text, body, streamBytes, answerTimeoutMs }
      this.#attempt(pool, prepared, signal, resolve, (error) => {
        if (mayRepeat(error, request)) this.#attempt(pool, prepared, signal, resolve, reject)
        else reject(error)
      })
    })
  }

  /** Cuts every connection and ends every call. */
  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#clock)
    for (const pool of this.#pools.values()) pool.destroy()
    this.#pools.clear()
    return Promise.resolve()
  }

  #attempt(
    pool: ServicePool,
    request: CallRequest,
    signal: AbortSignal | undefined,
    resolve: (answer: BackDoorAnswer) => void,
    reject: (error: WuslaError) => void,
  ): void {
    const onAbort = (): void => call.cancel(new WuslaError('stream_cancelled', { cause: signal?.reason }))
    const ended = (): void => {
      this.#calls -= 1
      signal?.removeEventListener('abort', onAbort)
    }
    const call = new BackendCall(request, this.#gauge, { resolve, reject, ended })
    this.#calls += 1
    if (signal?.aborted === true) return onAbort()
    signal?.addEventListener('abort', onAbort)
    pool.run(call)
  }

  #prepare(target: ServiceTarget): Prepared {
    const known = this.#prepared.get(target)
    if (known !== undefined) return known
    const address = parseServiceUrl(target.url)
    const { caFile, pinnedSha256 } = target.tls ?? {}
    const { isSecure, host, port } = address
    const key = JSON.stringify([isSecure, host, port, caFile, pinnedSha256, target.connectTimeoutMs])
    const pool = this.#pools.get(key) ?? new ServicePool(target, address, this.#setting)
    this.#pools.set(key, pool)
    const prepared = { address, pool }
    this.#prepared.set(target, prepared)
    return prepared
  }

  #tick(): void {
    this.#nowMs = performance.now()
    for (const pool of this.#pools.values()) pool.tick(this.#nowMs)
  }
}

/**
 * Whether a call may be made once more: a kept connection can be closed by the backend in the very moment it is used.
 * Only where carrying it out twice does no harm and the body is still here.
 */
function mayRepeat(error: WuslaError, request: BackDoorRequest): boolean {
  if (error.code !== 'backend_http_error') return false
  if (request.body !== null && !Buffer.isBuffer(request.body)) return false
  return IDEMPOTENT.has(request.method) && CLOSED_UNDER_US.has(error.details['reason'])
}
