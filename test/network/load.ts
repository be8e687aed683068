import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningSandbox } from './running-sandbox.ts'

/** One kind of call that is made again and again. */
export interface Traffic {
  readonly name: string
  /** Member whose gateway is called, and member whose service answers. */
  readonly consumer: string
  readonly provider: string
  readonly client: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly service: string
  readonly path: string
}

/** What a caller knows of one call at its end. */
export interface CallOutcome {
  readonly traffic: Traffic
  /** The caller's own name for what it sent; never sent twice by the caller. */
  readonly id: string
  readonly endedMs: number
  /**
   * `acknowledged`: the service's answer arrived whole. `told`: the network said why not. `silent`: the caller's own
   * gateway was gone, so nobody told it anything.
   */
  readonly kind: 'acknowledged' | 'told' | 'silent'
  /** `X-Road-Request-Id`; empty when there was none. */
  readonly exchange: string
  /** Code of the refusal when `told`. */
  readonly code?: string
}

/** Pause of a caller between two calls, in milliseconds: two cores carry the network and its callers. */
const BETWEEN_CALLS_MS = 10
/** How long a caller waits for an answer, in milliseconds: longer than the network waits for a path. */
const PATIENCE_MS = 40_000

/** Callers that go on until they are told to stop, and remember how every call ended. */
export class Load {
  readonly outcomes: CallOutcome[] = []
  readonly #sandbox: RunningSandbox
  readonly #callers: Promise<void>[] = []
  #isRunning = true

  constructor(sandbox: RunningSandbox) {
    this.#sandbox = sandbox
  }

  /** Adds one caller. */
  add(traffic: Traffic): void {
    this.#callers.push(this.#callUntilStopped(traffic))
  }

  acknowledged(traffic: Traffic, fromMs = 0): CallOutcome[] {
    return this.outcomes.filter(
      (one) => one.traffic === traffic && one.kind === 'acknowledged' && one.endedMs >= fromMs,
    )
  }

  /** Resolves when every caller had the outcome of its last call. May be called again. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#callers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #callUntilStopped(traffic: Traffic): Promise<void> {
    while (this.#isRunning) {
      const outcome = await callOnce(this.#sandbox, traffic)
      this.outcomes.push(outcome)
      await pause(BETWEEN_CALLS_MS)
    }
  }
}

/** One call, never repeated by its caller. */
export async function callOnce(sandbox: RunningSandbox, traffic: Traffic): Promise<CallOutcome> {
  const id = randomUUID()
  const end = (rest: Pick<CallOutcome, 'kind' | 'exchange'> & { code?: string }): CallOutcome => ({
    traffic,
    id,
    endedMs: Date.now(),
    ...rest,
  })
  try {
    const { method, client, consumer, service, path } = traffic
    const response = await fetch(sandbox.url(consumer, service, path), {
      method,
      headers: { 'x-road-client': client, 'content-type': 'text/plain' },
      ...(method === 'GET' ? {} : { body: id }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await response.text()
    const exchange = response.headers.get('x-road-request-id') ?? ''
    if (response.ok) return end({ kind: 'acknowledged', exchange })
    const { wusla } = JSON.parse(text) as { wusla: { code: string } }
    return end({ kind: 'told', exchange, code: wusla.code })
  } catch (error) {
    // What fetch throws for a gateway that is gone; anything else is a mistake of this test or of the network.
    const isGone = error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')
    if (!isGone) throw error
    return end({ kind: 'silent', exchange: '' })
  }
}

/** A backend that counts how often each body was posted to it, and takes a moment for each. */
export function countingService(tookMs: number): {
  readonly executions: ReadonlyMap<string, number>
  /** Calls that are there and not answered yet. */
  readonly underWay: () => number
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void
} {
  const executions = new Map<string, number>()
  let underWay = 0
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    underWay += 1
    response.once('close', () => (underWay -= 1))
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      executions.set(body, (executions.get(body) ?? 0) + 1)
      setTimeout(() => response.writeHead(201).end('counted'), tookMs)
    })
  }
  return { executions, underWay: () => underWay, answer }
}
