import { cheapestCover } from './cheapest-cover.ts'
import { buildingCost, capacitiesOf } from './design-problem.ts'
import type { Choice, DesignProblem, Outage } from './design-problem.ts'
import { NEGLIGIBLE } from './outage-check.ts'
import type { OutageCheck, Verdict } from './outage-check.ts'

/** What a search may use: the check, and how long it may go on. */
export interface SearchMeans {
  readonly problem: DesignProblem
  readonly check: OutageCheck
  /** Seconds that are left. */
  readonly leftS: () => number
}

/** The situations in which everything must be carried: nothing failed, or each thing that may fail, for itself. */
export function situationsOf({ outages }: DesignProblem): (Outage | undefined)[] {
  // With a link less everything is harder, so where any may fail the whole network needs no look of its own.
  return outages.some(({ kind }) => kind === 'line') ? [...outages] : [undefined, ...outages]
}

/** The first situation that a choice is not known to carry. */
function firstTrouble(
  { problem, check, leftS }: SearchMeans,
  choice: Choice,
  situations: readonly (Outage | undefined)[],
): { readonly place: number; readonly verdict: Verdict } | undefined {
  const capacities = capacitiesOf(problem, choice)
  for (const [place, outage] of situations.entries()) {
    const verdict = check.verdict(capacities, outage, leftS())
    if (verdict.kind !== 'carried') return { place, verdict }
  }
  return undefined
}

/**
 * Widens a choice until it carries everything: where capacity is missing the cheapest modules that make up for it are
 * added. `undefined` when links cannot be widened so far, or no time is left.
 */
export function repairChoice(means: SearchMeans, choice: Choice): Choice | undefined {
  const { problem, leftS } = means
  let repaired = choice
  const situations = situationsOf(problem)
  for (let round = 0; round < 4 * situations.length + 8 && leftS() > 0; round += 1) {
    const found = firstTrouble(means, repaired, situations)
    if (found === undefined) return repaired
    if (found.verdict.kind !== 'short') return undefined
    const wider = widened(problem, repaired, found.verdict.missing)
    if (wider === undefined) return undefined
    repaired = wider
    situations.unshift(...situations.splice(found.place, 1))
  }
  return undefined
}

function widened(problem: DesignProblem, choice: Choice, missing: readonly number[]): Choice | undefined {
  const capacities = capacitiesOf(problem, choice)
  const wider: (readonly number[])[] = []
  for (const [link, counts] of choice.entries()) {
    const more = missing[link] ?? 0
    const cover = more < NEGLIGIBLE ? counts : cheapestCover(problem, link, (capacities[link] ?? 0) + more)
    if (cover === undefined) return undefined
    wider.push(cover)
  }
  return wider
}

/**
 * Takes away what a choice can do without: link by link, the dearest first, the next smaller set of modules is tried and
 * kept when everything is still carried. Ends when nothing more can go, or no time is left.
 */
export function thinOut(means: SearchMeans, choice: Choice): Choice {
  const { problem, leftS } = means
  let thinned = choice
  const situations = situationsOf(problem)
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false
    const byCost = [...thinned.keys()].sort(
      (a, b) => costAt(problem, thinned, b) - costAt(problem, thinned, a),
    )
    for (const link of byCost) {
      for (const smaller of smallerAt(problem, thinned, link)) {
        if (leftS() <= 0) return thinned
        const candidate = thinned.map((counts, place) => (place === link ? smaller : counts))
        if (buildingCost(problem, candidate) >= buildingCost(problem, thinned)) continue
        const found = firstTrouble(means, candidate, situations)
        if (found !== undefined) {
          // The same situation is asked first next time: what is tight once is tight again.
          situations.unshift(...situations.splice(found.place, 1))
          continue
        }
        thinned = candidate
        hasChanged = true
        break
      }
    }
  }
  return thinned
}

function costAt({ links }: DesignProblem, choice: Choice, link: number): number {
  return (links[link]?.modules ?? []).reduce(
    (sum, { cost }, size) => sum + cost * (choice[link]?.[size] ?? 0),
    0,
  )
}

/** Nothing at all, and each way to have one module less. */
function smallerAt({ links }: DesignProblem, choice: Choice, link: number): (readonly number[])[] {
  const counts = choice[link] ?? []
  if (!counts.some((count) => count > 0)) return []
  const oneLess = counts.flatMap((count, size) =>
    count >= 1 ? [counts.map((other, place) => (place === size ? other - 1 : other))] : [],
  )
  const exchanged = counts.flatMap((count, size) =>
    count >= 1 && size > 0
      ? [
          counts.map((other, place) => {
            if (place === size) return other - 1
            const most = links[link]?.modules[place]?.most ?? 0
            return place === size - 1 ? Math.min(most, other + 1) : other
          }),
        ]
      : [],
  )
  return [counts.map(() => 0), ...oneLess, ...exchanged]
}
