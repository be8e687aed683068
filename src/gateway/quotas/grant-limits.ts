import type { Clock } from '../../protocol/clock.ts'
import { formatTime } from '../../protocol/clock.ts'
import { Charge } from './charge.ts'
import { DayQuota } from './day-quota.ts'
import {
  type LimitedCall,
  limitExceeded,
  type LimitedGrant,
  type Limits,
  type LimitUsage,
} from './limited-grant.ts'
import type { DayLimit, QuotaStore } from './quota-store.ts'
import { RateWindow } from './rate-window.ts'
import { SteadyTime } from './steady-time.ts'

const DAY_MS = 86_400_000

/** A gateway that starts does not know what its predecessor let through in the last second: it takes it to be all. */
const FIRST_SECOND_MS = 1_000

/** Bytes of bodies that have begun may pass their quota by this part of it: 1/200. What would pass it by more is cut. */
const BYTES_OVER = 200

/** The counts of one grant. */
interface Counts {
  readonly limits: Limits
  readonly rate: RateWindow | undefined
  /** By limit and day: a clock that is put back finds the day it left. */
  readonly days: Map<string, DayQuota>
}

/**
 * Keeps the limits of grants at this node (`docs/spec/agreement.md` 5.13): a call is admitted when every limit of its grant
 * lets it pass, and is counted then. Grants without limits never come here.
 */
export class GrantLimits implements AsyncDisposable {
  readonly #store: QuotaStore
  readonly #clock: Clock
  readonly #steady: SteadyTime
  readonly #grants = new Map<string, Counts>()
  #day = ''
  #dayMs = Number.NaN

  constructor(store: QuotaStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#steady = new SteadyTime(clock)
  }

  /**
   * Lets a call pass and counts it, or refuses it and counts nothing.
   *
   * @param bodyBytes - what is known of the length of its body, 0 if nothing
   * @param isWhole - whether the body is at hand: then it is counted now, else as it flows
   * @throws WuslaError `limit_exceeded` with `retryAfterS`; `logging_failed` when the count cannot be written
   */
  async admit(grant: LimitedGrant, call: LimitedCall, bodyBytes: number, isWhole: boolean): Promise<Charge> {
    const { requestsPerDay, bytesPerDay } = grant.limits
    const { rate } = this.#countsOf(grant)
    const steadyMs = this.#steady.nowMs()
    const slot = steadyMs < FIRST_SECOND_MS ? undefined : rate?.take(steadyMs)
    if (rate !== undefined && slot === undefined) throw await this.#exceeded(grant, call, 'requestsPerSecond')
    const giveRateBack = (): void => {
      if (slot !== undefined) rate?.giveBack(slot)
    }
    const counted = isWhole ? bodyBytes : 0
    // Those of the moment: what is given back after midnight is not given to the next day.
    const requests = requestsPerDay === undefined ? undefined : this.#quota(grant, 'requestsPerDay')
    const bytes = bytesPerDay === undefined ? undefined : this.#quota(grant, 'bytesPerDay')
    const charge = new Charge({
      counted,
      take: async (units) => await this.#quota(grant, 'bytesPerDay').take(units),
      exceeded: async () => await this.#exceeded(grant, call, 'bytesPerDay'),
      giveBack: () => {
        giveRateBack()
        requests?.giveBack(1)
        bytes?.giveBack(counted)
      },
      countsBytes: bytes !== undefined,
    })
    if (bytes !== undefined && !(await beginsWithin(bytes, bytesPerDay ?? 0, bodyBytes, counted))) {
      giveRateBack()
      throw await this.#exceeded(grant, call, 'bytesPerDay')
    }
    if (requests !== undefined && !(await requests.take(1))) {
      giveRateBack()
      bytes?.giveBack(counted)
      throw await this.#exceeded(grant, call, 'requestsPerDay')
    }
    return charge
  }

  /** How the limits of a grant stand at this node. */
  async usage(grant: LimitedGrant): Promise<LimitUsage[]> {
    const limits = Object.keys(grant.limits) as (keyof Limits)[]
    return await Promise.all(limits.map(async (limit) => await this.#usageOf(grant, limit)))
  }

  /** Gives everything in hand back, and closes the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { days } of this.#grants.values()) for (const quota of days.values()) quota.close()
    await this.#store[Symbol.asyncDispose]()
  }

  async #exceeded(
    grant: LimitedGrant,
    call: LimitedCall,
    limit: keyof Limits,
  ): Promise<ReturnType<typeof limitExceeded>> {
    return limitExceeded(grant, call, await this.#usageOf(grant, limit), this.#clock.nowMs())
  }

  async #usageOf(grant: LimitedGrant, limit: keyof Limits): Promise<LimitUsage> {
    const max = grant.limits[limit] ?? 0
    if (limit === 'requestsPerSecond') {
      const used = this.#countsOf(grant).rate?.passed(this.#steady.nowMs()) ?? 0
      return { limit, max, used }
    }
    const used = await this.#quota(grant, limit).used()
    return { limit, max, used, resetsAt: formatTime(Date.parse(this.#today()) + DAY_MS) }
  }

  #quota(grant: LimitedGrant, limit: DayLimit): DayQuota {
    const day = this.#today()
    const { days } = this.#countsOf(grant)
    const name = `${limit} ${day}`
    const known = days.get(name)
    if (known !== undefined) return known
    const max = grant.limits[limit] ?? 0
    // A request counts whole; a body that has begun is given a little to come to its end.
    const most = limit === 'bytesPerDay' ? max + Math.floor(max / BYTES_OVER) : max
    const key = { agreement: grant.agreement, grant: grant.grant, limit, day }
    const fresh = new DayQuota(this.#store, key, most)
    days.set(name, fresh)
    return fresh
  }

  #countsOf(grant: LimitedGrant): Counts {
    const name = `${grant.agreement} ${grant.grant}`
    const known = this.#grants.get(name)
    if (known !== undefined) return known
    const { limits } = grant
    const { requestsPerSecond } = limits
    const rate =
      requestsPerSecond === undefined ? undefined : new RateWindow(requestsPerSecond, this.#steady.nowMs())
    const counts = { limits, rate, days: new Map<string, DayQuota>() }
    this.#grants.set(name, counts)
    return counts
  }

  /** The day of UTC. */
  #today(): string {
    const dayMs = Math.floor(this.#clock.nowMs() / DAY_MS) * DAY_MS
    if (dayMs === this.#dayMs) return this.#day
    this.#dayMs = dayMs
    this.#day = formatTime(dayMs).slice(0, 10)
    this.#forgetBefore(formatTime(dayMs - DAY_MS).slice(0, 10))
    return this.#day
  }

  /** Yesterday stays: clocks are put back by less than that, and its last calls may still be under way. */
  #forgetBefore(day: string): void {
    for (const { days } of this.#grants.values()) {
      for (const [name, quota] of days) {
        if (quota.key.day >= day) continue
        quota.close()
        days.delete(name)
      }
    }
  }
}

/** A body that is known not to fit is refused before it begins. */
async function beginsWithin(
  quota: DayQuota,
  max: number,
  bodyBytes: number,
  counted: number,
): Promise<boolean> {
  const used = await quota.used()
  if (used >= max || used + bodyBytes > max) return false
  return counted === 0 || (await quota.take(counted))
}
