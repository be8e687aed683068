import type { DesignProblem } from './design-problem.ts'

/**
 * Modules of one link that together have at least `capacity` and cost least, by size; `undefined` when not even all of
 * them have. The solver's own choice is better: this turns a guess into something that can be built.
 */
export function cheapestCover(problem: DesignProblem, link: number, capacity: number): number[] | undefined {
  const { modules = [], installed = 0 } = problem.links[link] ?? {}
  const missing = capacity - installed
  if (missing <= TOO_LITTLE) return modules.map(() => 0)
  if (problem.isOneModule) {
    const chosen = modules.findIndex((module) => module.capacity >= missing - TOO_LITTLE)
    return chosen === -1 ? undefined : modules.map((_, size) => (size === chosen ? 1 : 0))
  }
  if (problem.isDivisible) {
    const [only] = modules
    if (only === undefined || only.most * only.capacity < missing - TOO_LITTLE) return undefined
    return modules.map((_, size) => (size === 0 ? missing / only.capacity : 0))
  }
  return wholeCover(problem, link, missing)
}

/** Of a capacity counted in the smallest module: not worth another one. */
const TOO_LITTLE = 1e-6

/** Beyond so many tries the cheapest cover so far will do. */
const MOST_TRIES = 5_000

/** Largest sizes first, every count that could be best; the lists are short once useless sizes are gone. */
function wholeCover(problem: DesignProblem, link: number, missing: number): number[] | undefined {
  const modules = problem.links[link]?.modules ?? []
  let best: { readonly counts: readonly number[]; readonly cost: number } | undefined
  let tries = 0
  const isEnough = (): boolean => best !== undefined && tries > MOST_TRIES
  const choose = (size: number, left: number, cost: number, counts: readonly number[]): void => {
    tries += 1
    if (best !== undefined && (cost >= best.cost || isEnough())) return
    if (left <= TOO_LITTLE) {
      best = { counts: [...counts, ...Array.from({ length: size + 1 }, () => 0)], cost }
      return
    }
    const module = modules[size]
    if (module === undefined) return
    const enough = Math.min(module.most, Math.ceil((left - TOO_LITTLE) / module.capacity))
    for (let count = enough; count >= 0 && !isEnough(); count -= 1)
      choose(size - 1, left - count * module.capacity, cost + count * module.cost, [...counts, count])
  }
  choose(modules.length - 1, missing, 0, [])
  return best?.counts.toReversed()
}
