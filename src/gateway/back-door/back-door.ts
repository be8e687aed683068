import { Llhttp, MAX_INPUT_BYTES } from '../front-door/llhttp.ts'
import type { BackDoorAnswer, BackDoorRequest, ServiceTarget } from './back-door-request.ts'
import type { Cancellation } from './cancellation.ts'
import { requestHead } from './request-head.ts'
import { parseServiceUrl } from './service-address.ts'
import type { ServiceAddress } from './service-address.ts'
import { ServiceCall } from './service-call.ts'
import type { CallGauge } from './service-call.ts'
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

/** Calls the backends of this member's services. Redirects are answers, and bodies are not decoded. */
export class BackDoor {
  readonly #setting: PoolSetting
  readonly #prepared = new WeakMap<ServiceTarget, Prepared>()
  readonly #pools = new Map<string, ServicePool>()
  readonly #gauge: CallGauge = { bytes: 0, calls: 0 }
  readonly #clock: NodeJS.Timeout
  #nowMs = performance.now()

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
    return { calls: this.#gauge.calls, waitingBytes: this.#gauge.bytes, connections }
  }

  /**
   * Calls a backend. Resolves with the head of the answer as soon as it is there, or with the whole of a small one.
   *
   * @param cancellation - ends the call at any time, also while the body of the answer is read
   * @throws WuslaError (as rejection) `backend_unreachable`, `backend_timeout`, `backend_http_error` with
   *   `details.reason` and `details.sent`; `stream_cancelled` when it is cancelled; `config_invalid`,
   *   `backend_authority_unreadable`, `invalid_request`, `too_many_requests`; and what a body stream throws
   */
  callService(
    target: ServiceTarget,
    request: BackDoorRequest,
    cancellation?: Cancellation,
  ): Promise<BackDoorAnswer> {
    return new Promise((resolve, reject) => {
      const { address, pool } = this.#prepare(target)
      const { method, body } = request
      const { text, streamBytes } = requestHead(request, address, target.host ?? 'backend')
      const answerTimeoutMs = target.answerTimeoutMs ?? ANSWER_TIMEOUT_MS
      const prepared = { method, head: text, body, streamBytes, answerTimeoutMs }
      new ServiceCall(pool, prepared, this.#gauge, cancellation, resolve, reject).start()
    })
  }

  /** Cuts every connection and ends every call. */
  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#clock)
    for (const pool of this.#pools.values()) pool.destroy()
    this.#pools.clear()
    return Promise.resolve()
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
