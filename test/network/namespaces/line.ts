import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Host, type Impairing, ip, tc } from './namespaces.ts'

/** What happens to the packets of one direction. */
export interface Impairment {
  /** Later by so many milliseconds. Default 0. */
  readonly delayMs?: number
  /** So many of a hundred vanish, by chance. Default 0. */
  readonly lossPercent?: number
}

const STAND_IN = fileURLToPath(new URL('line_stand_in.py', import.meta.url))

/**
 * A line between two hosts: a veth pair, and a route to the other host at either end. No host passes packets on, so a
 * line is the only way between its two ends.
 */
export class Line implements AsyncDisposable {
  readonly #a: Host
  readonly #b: Host
  readonly #impairing: Impairing
  #standIn: StandIn | undefined
  #isLimited = false

  constructor(a: Host, b: Host, impairing: Impairing) {
    this.#a = a
    this.#b = b
    this.#impairing = impairing
    const pair = ['type', 'veth', 'peer', 'name', `to-${a.name}`, 'netns', b.namespace]
    ip('link', 'add', `to-${b.name}`, 'netns', a.namespace, ...pair)
    this.restore()
  }

  /** Limits both directions, with a queue that holds what passes in `queueMs`. @param mbps - megabits per second */
  limit(mbps: number, queueMs = 100): void {
    this.#isLimited = true
    const shape = ['tbf', 'rate', `${mbps}mbit`, 'burst', '32k', 'latency', `${queueMs}ms`]
    for (const [from, to] of this.#directions) {
      tc('-n', from.namespace, 'qdisc', 'replace', 'dev', `to-${to.name}`, 'root', ...shape)
    }
  }

  /**
   * Takes the line down at one end, as when the cable is pulled there; the other end sees no carrier.
   *
   * @returns when, in milliseconds since 1970
   */
  cut(): number {
    const atMs = Date.now()
    ip('-n', this.#a.namespace, 'link', 'set', `to-${this.#b.name}`, 'down')
    return atMs
  }

  /** The line as it was before {@link cut}. */
  restore(): void {
    for (const [from, to] of this.#directions) {
      ip('-n', from.namespace, 'link', 'set', `to-${to.name}`, 'up')
      this.#route(from, to, 'to')
    }
  }

  /**
   * Delays and loses packets from now on; nobody is told that one was lost.
   *
   * @param there - from the first host of the line to the second
   * @param back - from the second to the first; default: the same
   * @returns from when on, in milliseconds since 1970
   */
  async impair(there: Impairment, back: Impairment = there): Promise<number> {
    if (this.#isLimited) throw new Error('a limited line cannot be impaired as well')
    if (this.#impairing === 'stand-in') {
      this.#standIn ??= await StandIn.start(this.#a, this.#b)
      await this.#standIn.set(there, back)
    }
    const atMs = Date.now()
    if (this.#impairing === 'netem') this.#netem(there, back)
    else for (const [from, to] of this.#directions) this.#route(from, to, 'slow')
    return atMs
  }

  /** No packet is delayed or lost any more. */
  clear(): void {
    for (const [from, to] of this.#directions) {
      if (this.#impairing === 'netem') this.#qdisc(from, to, 'del', [])
      else this.#route(from, to, 'to')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#standIn?.[Symbol.asyncDispose]()
  }

  get #directions(): readonly (readonly [Host, Host])[] {
    return [
      [this.#a, this.#b],
      [this.#b, this.#a],
    ]
  }

  #netem(there: Impairment, back: Impairment): void {
    const [forth, reverse] = this.#directions
    for (const [[from, to] = [this.#a, this.#b], { delayMs = 0, lossPercent = 0 }] of [
      [forth, there],
      [reverse, back],
    ] as const) {
      const shape = ['limit', '20000', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`]
      this.#qdisc(from, to, 'replace', ['netem', ...shape])
    }
  }

  #qdisc(from: Host, to: Host, act: 'replace' | 'del', shape: readonly string[]): void {
    tc('-n', from.namespace, 'qdisc', act, 'dev', `to-${to.name}`, 'root', ...shape)
  }

  /** Sends packets for the other host over the veth pair, or over the device of the stand-in. */
  #route(from: Host, to: Host, way: 'to' | 'slow'): void {
    const route = [`${to.address}/32`, 'dev', `${way}-${to.name}`, 'src', from.address]
    ip('-n', from.namespace, 'route', 'replace', ...route)
  }
}

/** The program that stands in for netem on one line. */
class StandIn implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: Interface

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child
    this.#lines = lines
  }

  static async start(a: Host, b: Host): Promise<StandIn> {
    const devices = [a.namespace, `slow-${b.name}`, b.namespace, `slow-${a.name}`]
    const child = spawn('python3', ['-B', STAND_IN, ...devices], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    await once(lines, 'line')
    for (const [host, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const device = ['dev', `slow-${other.name}`]
      ip('-n', host.namespace, 'link', 'set', ...device, 'txqueuelen', '10000', 'up')
    }
    return new StandIn(child, lines)
  }

  async set(there: Impairment, back: Impairment): Promise<void> {
    const whole = ({ delayMs = 0, lossPercent = 0 }: Impairment): Required<Impairment> => ({
      delayMs,
      lossPercent,
    })
    const answered = once(this.#lines, 'line')
    this.#child.stdin?.write(`${JSON.stringify({ there: whole(there), back: whole(back) })}\n`)
    await answered
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
  }
}
