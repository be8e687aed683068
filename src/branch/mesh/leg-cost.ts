import type { WayLeg } from '../../transport/branch-control.ts'

/**
 * What one link costs in a path, in milliseconds: the unit in which an operator can say how long a detour is worth
 * taking. The parts add up, and the path with the smallest sum is taken (decision 0014).
 */
export interface LegCost {
  /** The measured round trip. */
  readonly rttMs: number
  /** What its use adds: nothing while half of it is free, far more than any detour when it is nearly full. */
  readonly crowdingMs: number
  /** What its price adds: decides between ways that take about as long. */
  readonly priceMs: number
  /**
   * What a further branch costs beside its line. Above zero, so that a path that comes back to a branch always costs more
   * than the one without the detour: the cheapest never repeats a branch.
   */
  readonly hopMs: number
}

const HOP_MS = 0.1

/** Share of the capacity in use, from which on it adds so many milliseconds. Steps, so that small changes change nothing. */
const CROWDING: readonly { readonly share: number; readonly ms: number }[] = [
  { share: 0.95, ms: 1_000 },
  { share: 0.9, ms: 100 },
  { share: 0.8, ms: 20 },
  { share: 0.7, ms: 5 },
  { share: 0.5, ms: 1 },
]

/** So many dirhams a month for each Mbit/s are worth a detour of one millisecond. */
const AED_PER_MBPS_AND_MS = 50

/** Longest detour that a price is worth, for one link. */
const MAX_PRICE_MS = 5

/** Weighs one link. What is not known adds nothing. */
export function legCost(
  leg: Pick<WayLeg, 'rttMs' | 'usedMbps' | 'capacityMbps' | 'monthlyCostAed'>,
): LegCost {
  const { rttMs, usedMbps, capacityMbps, monthlyCostAed } = leg
  const hasCapacity = capacityMbps !== undefined && capacityMbps > 0
  const share = hasCapacity && usedMbps !== undefined ? usedMbps / capacityMbps : 0
  const aedPerMbps = hasCapacity && monthlyCostAed !== undefined ? monthlyCostAed / capacityMbps : 0
  return {
    rttMs,
    crowdingMs: CROWDING.find((step) => share >= step.share)?.ms ?? 0,
    priceMs: Math.min(MAX_PRICE_MS, aedPerMbps / AED_PER_MBPS_AND_MS),
    hopMs: HOP_MS,
  }
}

/** The sum in hundredths of a millisecond: whole numbers, so that equal ways are exactly equal. */
export function legTicks(leg: Parameters<typeof legCost>[0]): number {
  const { rttMs, crowdingMs, priceMs, hopMs } = legCost(leg)
  return Math.round((rttMs + crowdingMs + priceMs + hopMs) * 100)
}
