import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Call, Taken } from './caller-process.ts'
import { HostProgram } from './host-program.ts'
import type { Impairing } from './namespaces.ts'
import { offerService } from './offer-service.ts'
import { type LoggedEvent, SmallNetwork } from './small-network.ts'
import { untilTrue } from './until-true.ts'

const CONSUMER = 'AE-DU/GOV/RTA'
const PROVIDER = 'AE-DU/SEMI/DEWA'
const CLIENT = `${CONSUMER}/LICENSING`
const SERVICE = `${PROVIDER}/BILLING/bills`

/** A session as the status of a gateway shows it. */
interface Session {
  readonly gateway: string
  readonly path: readonly string[]
}

/** What was seen of one fault. */
export interface Seen {
  /** Calls that were under way at the fault or began before its end was over. */
  readonly calls: readonly Call[]
  readonly longestMs: number
  /** How late the machine itself was at worst, in milliseconds: what else runs on it is no fault of the network. */
  readonly lateMs: number
}

/**
 * A consumer with two home branches, a provider with the same two, and callers that never pause: RTA, CORE, MORO, DEWA.
 * The load goes on from the start to the end, whatever is done to the lines.
 */
export class BadDay implements AsyncDisposable {
  readonly network: SmallNetwork
  readonly caller: HostProgram
  readonly #backend: HostProgram
  readonly #perSecond: number
  #lateMs = 0
  readonly #calls: Call[] = []

  private constructor(network: SmallNetwork, backend: HostProgram, caller: HostProgram, perSecond: number) {
    this.#perSecond = perSecond
    this.network = network
    this.#backend = backend
    this.caller = caller
  }

  /** @param perSecond - calls in a second, half GET and half POST */
  static async start(impairing: Impairing, perSecond: number): Promise<BadDay> {
    const branches = ['CORE', 'MORO']
    const network = await SmallNetwork.start(
      {
        branches,
        lines: [['CORE', 'MORO']],
        gateways: [CONSUMER, PROVIDER].map((member) => ({ member, branches })),
      },
      impairing,
    )
    const backend = await HostProgram.start(network.host('dewa'), 'backend-process.ts')
    const url = await offerService(network, 'dewa', SERVICE, CLIENT, 'http://127.0.0.1:8090')
    const caller = await HostProgram.start(network.host('rta'), 'caller-process.ts')
    await caller.ask('start', { url, client: CLIENT, perSecond })
    return new BadDay(network, backend, caller, perSecond)
  }

  /**
   * Waits until nothing is wrong: two sessions without a common branch, all links up.
   *
   * @returns the host of the branch in use, and of the other
   */
  async untilWell(): Promise<{ readonly used: string; readonly spare: string }> {
    let paths: (readonly string[])[] = []
    const isWell = async (): Promise<boolean> => {
      const { sessions, branches } = (await this.network.admin('rta', 'GET', '/v1/status')) as {
        sessions: Session[]
        branches: { state: string }[]
      }
      paths = sessions.map(({ path }) => path)
      const isSpared = paths.some((one) =>
        paths.some((other) => one.every((branch) => !other.includes(branch))),
      )
      const { underWay } = await this.#takeCalls()
      const areUp = branches.every(({ state }) => state === 'up')
      return isSpared && areUp && this.#calls.length > 20 && underWay < this.#perSecond
    }
    await untilTrue(
      'two sessions over different branches, all links up, and no calls waiting',
      isWell,
      60_000,
    )
    const used = (paths[0]?.[0] ?? '').split('/').at(-1)?.toLowerCase() ?? ''
    return { used, spare: used === 'core' ? 'moro' : 'core' }
  }

  /**
   * Looks at the calls from an instant on, when they are over: each was answered, and none reached the backend twice.
   *
   * @param fromMs - since 1970
   */
  async assertAllAnswered(fromMs: number): Promise<Seen> {
    const untilMs = Date.now()
    let lateMs = this.#lateMs
    await untilTrue(
      'the calls of before are over',
      async () => {
        const { oldestMs } = await this.#takeCalls()
        lateMs = Math.max(lateMs, this.#lateMs)
        // The load goes on, so some are always under way: those that began before then are what matters.
        return oldestMs > untilMs
      },
      45_000,
    )
    const calls = this.#calls.filter(
      ({ startedMs, waitedMs }) => startedMs + waitedMs >= fromMs && startedMs <= untilMs,
    )
    const failed = calls.filter(({ status }) => status !== 200)
    assert.deepEqual(failed, [], `${failed.length} of ${calls.length} calls failed`)
    assert.ok(calls.length > 50, `only ${calls.length} calls were made`)
    assert.deepEqual(await this.#backend.ask('counts'), [], 'carried out more than once')
    this.#lateMs = 0
    return {
      calls,
      longestMs: Math.max(...calls.map(({ waitedMs }) => waitedMs)),
      lateMs: Math.round(lateMs),
    }
  }

  /** Every call of the day: answered, carried out, and once. */
  async end(): Promise<number> {
    const { calls } = (await this.caller.ask('stop')) as { calls: Call[] }
    this.#calls.push(...calls)
    assert.deepEqual(
      this.#calls.filter(({ status }) => status !== 200),
      [],
    )
    const missing = await this.#backend.ask(
      'missing',
      this.#calls.map(({ path }) => path),
    )
    assert.deepEqual(missing, [], 'answered, and never carried out')
    return this.#calls.length
  }

  /**
   * How long after the fault a host's actor said such a thing. Waits for it.
   *
   * @throws AssertionError when it says nothing of the kind within 15 s
   */
  async noticed(host: string, sinceMs: number, isIt: (event: LoggedEvent) => boolean): Promise<number> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const found = this.network.events(host, sinceMs).find(isIt)
      if (found !== undefined) return Date.parse(found.time) - sinceMs
      assert.ok(Date.now() < deadline, `${host} noticed nothing`)
      await pause(50)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caller[Symbol.asyncDispose]()
    await this.#backend[Symbol.asyncDispose]()
    await this.network[Symbol.asyncDispose]()
  }

  async #takeCalls(): Promise<Taken> {
    const taken = (await this.caller.ask('take')) as Taken
    this.#calls.push(...taken.calls)
    this.#lateMs = Math.max(this.#lateMs, taken.lateMs)
    return taken
  }
}
