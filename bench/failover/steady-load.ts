import { Agent, request } from 'node:http'

/** One call of the load: when it began and how long the caller waited, in milliseconds of one clock. */
export interface LoadCall {
  readonly startedMs: number
  readonly waitedMs: number
  /** 0 when the connection broke. */
  readonly status: number
  readonly method: 'GET' | 'POST'
}

/** Calls at a steady rate, whatever becomes of the earlier ones: a stall does not slow the load down. */
export class SteadyLoad {
  readonly calls: LoadCall[] = []
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1_024 })
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timer: NodeJS.Timeout
  #made = 0
  #underWay = 0
  #isOver = false

  /** @param perSecond - calls in a second, half of them POST */
  constructor(url: string, headers: Readonly<Record<string, string>>, perSecond: number) {
    this.#url = url
    this.#headers = headers
    const startedMs = performance.now()
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1_000)
      while (this.#made < due) this.#call()
    }, 5)
  }

  /** Makes no more calls and waits for those under way. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    this.#isOver = true
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    this.#agent.destroy()
  }

  #call(): void {
    if (this.#isOver) return
    const number = (this.#made += 1)
    this.#underWay += 1
    const method = number % 2 === 0 ? 'GET' : 'POST'
    const startedMs = performance.now()
    const done = (status: number): void => {
      this.#underWay -= 1
      this.calls.push({ startedMs, waitedMs: performance.now() - startedMs, status, method })
    }
    const call = request(
      `${this.#url}calls/${number}`,
      { method, headers: this.#headers, agent: this.#agent },
      (answer) => {
        answer.resume()
        answer.once('end', () => done(answer.statusCode ?? 0))
        answer.once('error', () => done(0))
      },
    )
    call.once('error', () => done(0))
    call.end(method === 'POST' ? `payment ${number}` : undefined)
  }
}
