import type { Directory } from '../../directory/directory.ts'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError, type WuslaError } from '../../protocol/wusla-error.ts'
import type { LinkAddress } from '../../transport/link-address.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { HeldSession } from '../held-session.ts'
import type { EstablishedSession, PeerSessions } from '../peer-sessions.ts'
import { dialableAddress, type DialRule } from './dialable-address.ts'

interface DirectPathsOptions {
  /** This gateway: it never dials itself. */
  readonly gateway: string
  readonly directory: Directory
  readonly rule: DialRule
  readonly dial: (gateway: string, address: LinkAddress, signal: AbortSignal) => Promise<EstablishedSession>
  readonly sessions: () => Pick<PeerSessions, 'adopt'> & {
    readonly list: () => readonly Pick<HeldSession, 'gateway' | 'path'>[]
  }
  readonly onEvent: EventSink<GatewayEvent>
  readonly random: () => number
  /** Milliseconds that passed since some moment; never goes back. */
  readonly elapsedMs: () => number
  /** How often it looks whom to dial, in milliseconds. Default 1,000. */
  readonly lookMs?: number
}

/** Shortest time between two tries at one gateway, in milliseconds; a waiting call has to keep it too. */
const RETRY_MS = 1_000

/** Longest time between two tries, in milliseconds: an address that will never answer costs its neighbours little. */
const MAX_RETRY_MS = 300_000

/** A session that ends sooner counts as a failure, in milliseconds. */
const STEADY_MS = 30_000

/** What went wrong last at the address of one announcement. */
interface Failure {
  /** The entry that announced the address: a new announcement begins anew. */
  readonly announcement: number
  readonly times: number
  readonly error: WuslaError
  readonly atMs: number
  readonly untilMs: number
}

interface Announced {
  readonly address: LinkAddress
  readonly announcement: number
}

/**
 * Holds direct sessions to the gateways that may be dialled without a branch: those with a line from here, and by the
 * rule `any` those we have sessions with. It works beside the branches and never in front of them: a session that
 * stands is taken into use, one that cannot be opened is tried again after a growing while.
 */
export class DirectPaths {
  readonly #options: DirectPathsOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #dialing = new Map<string, Promise<EstablishedSession | undefined>>()
  readonly #failures = new Map<string, Failure>()

  constructor(options: DirectPathsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.look(), options.lookMs ?? 1_000)
    this.#timer.unref()
  }

  /**
   * For a call that waits: tries now, and gives the session once it is in use, or undefined when that failed.
   *
   * @returns nothing when the gateway is not dialled directly, or was in vain within the last second
   */
  attempt(gateway: string): Promise<EstablishedSession | undefined> | undefined {
    const under = this.#dialing.get(gateway)
    if (under !== undefined) return under
    const announced = this.#announced(gateway, this.#lined())
    if (announced === undefined) return undefined
    const failure = this.#failureOf(gateway, announced)
    const isTooSoon = failure !== undefined && this.#options.elapsedMs() < failure.atMs + RETRY_MS
    return isTooSoon ? undefined : this.#dial(gateway, announced)
  }

  /** Why there is no direct session to a gateway that is dialled. */
  failure(gateway: string): WuslaError | undefined {
    return this.#failures.get(gateway)?.error
  }

  /** Dials whom it may and has not, when their time has come. Runs by itself once a second. */
  look(): void {
    const { rule, sessions } = this.#options
    if (rule.dial === 'off' || this.#stop.signal.aborted) return
    const held = sessions().list()
    const isDirect = new Set(held.filter(({ path }) => path.length === 0).map(({ gateway }) => gateway))
    const lined = this.#lined()
    const wanted = new Set([...lined, ...held.map(({ gateway }) => gateway)])
    for (const gateway of this.#failures.keys()) if (!wanted.has(gateway)) this.#failures.delete(gateway)
    for (const gateway of wanted) {
      if (isDirect.has(gateway) || this.#dialing.has(gateway)) continue
      const announced = this.#announced(gateway, lined)
      if (announced === undefined) continue
      const failure = this.#failureOf(gateway, announced)
      if (failure === undefined || this.#options.elapsedMs() >= failure.untilMs)
        void this.#dial(gateway, announced)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  /** Where the gateway may be dialled by our rule. */
  #announced(gateway: string, lined: ReadonlySet<string>): Announced | undefined {
    const { directory, rule, gateway: own } = this.#options
    if (rule.dial === 'off' || gateway === own || this.#stop.signal.aborted) return undefined
    if (rule.dial === 'lines' && !lined.has(gateway)) return undefined
    const direct = directory.gateway(gateway)?.direct
    if (direct?.address === undefined) return undefined
    const address = dialableAddress(direct.address, rule)
    return address === undefined ? undefined : { address, announcement: direct.index }
  }

  /** Gateways to which the registry has registered a line from here. */
  #lined(): ReadonlySet<string> {
    const { directory, gateway } = this.#options
    const ours = directory.lines().filter(({ ends }) => ends.includes(gateway))
    const others = ours.flatMap(({ ends }) => ends.filter((end) => end !== gateway))
    return new Set(others.filter((end) => directory.gateway(end) !== undefined))
  }

  #failureOf(gateway: string, { announcement }: Announced): Failure | undefined {
    const failure = this.#failures.get(gateway)
    return failure?.announcement === announcement ? failure : undefined
  }

  #dial(gateway: string, announced: Announced): Promise<EstablishedSession | undefined> {
    const dialing = this.#open(gateway, announced).finally(() => this.#dialing.delete(gateway))
    this.#dialing.set(gateway, dialing)
    return dialing
  }

  async #open(gateway: string, announced: Announced): Promise<EstablishedSession | undefined> {
    try {
      const { dial, sessions } = this.#options
      const established = await dial(gateway, announced.address, this.#stop.signal)
      const sinceMs = this.#options.elapsedMs()
      sessions().adopt(gateway, established, 'initiator')
      void established.session.closed.then(({ code, by }) => {
        // A key that is replaced, a peer that restarts: nothing is wrong with the path.
        const isOrderly = code === 'session_closed' && by !== 'network'
        const isSteady = this.#options.elapsedMs() - sinceMs >= STEADY_MS
        if (isSteady) this.#failures.delete(gateway)
        // It lets handshakes through, and then not what follows: each new try would cost exchanges their time.
        else if (!isOrderly) this.#failed(gateway, announced, toWuslaError(undefined, code))
      })
      return established
    } catch (cause) {
      this.#failed(gateway, announced, toWuslaError(cause, 'gateway_unreachable'))
      return undefined
    }
  }

  #failed(gateway: string, announced: Announced, error: WuslaError): void {
    if (this.#stop.signal.aborted) return
    const { random, elapsedMs, onEvent } = this.#options
    const times = (this.#failureOf(gateway, announced)?.times ?? 0) + 1
    const waitMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (times - 1)) * (0.5 + random() / 2)
    const atMs = elapsedMs()
    const { announcement } = announced
    this.#failures.set(gateway, { announcement, times, error, atMs, untilMs: atMs + waitMs })
    onEvent({ kind: 'direct_path_failed', peer: gateway, code: error.code, retryMs: Math.round(waitMs) })
  }
}
