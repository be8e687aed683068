import { buildingCost, capacitiesOf } from '../design/design-problem.ts'
import type { Choice, DesignModule, DesignProblem, Outage } from '../design/design-problem.ts'

/**
 * The cost of the cheapest network, by trying every choice and asking every cut. That is an answer where cuts are all
 * there is to ask: one source (max-flow min-cut), or at most four nodes whose links share their capacity between both
 * directions (Papernov). Knows nothing of linear programs.
 */
export function cheapestByBruteForce(problem: DesignProblem): number {
  const perLink = problem.links.map(({ modules }) => countsOf(modules))
  let best = Infinity
  const choose = (choice: Choice): void => {
    const link = choice.length
    const options = perLink[link]
    if (options !== undefined) {
      for (const counts of options) choose([...choice, counts])
      return
    }
    const cost = buildingCost(problem, choice)
    if (cost < best && carriesAll(problem, capacitiesOf(problem, choice))) best = cost
  }
  choose([])
  return best
}

function countsOf(modules: readonly DesignModule[]): number[][] {
  return modules.reduce<number[][]>(
    (all, { most }) =>
      all.flatMap((counts) => Array.from({ length: most + 1 }, (_, count) => [...counts, count])),
    [[]],
  )
}

function carriesAll(problem: DesignProblem, capacities: readonly number[]): boolean {
  const situations: (Outage | undefined)[] = [undefined, ...problem.outages]
  return situations.every((outage) => {
    for (let set = 1; set < 2 ** problem.nodes.length - 1; set += 1) {
      if (!crosses(problem, capacities, outage, set)) return false
    }
    return true
  })
}

/** Whether what has to leave a set of nodes (a bit for each) fits over the links that leave it. */
function crosses(
  problem: DesignProblem,
  capacities: readonly number[],
  outage: Outage | undefined,
  set: number,
): boolean {
  const has = (node: number): boolean => ((set >> node) & 1) === 1
  let room = 0
  for (const [link, { from, to }] of problem.links.entries()) {
    const isLeaving = problem.sharing === 'forward' ? has(from) && !has(to) : has(from) !== has(to)
    const isDown = outage?.links.includes(link) === true
    if (isLeaving && !isDown) room += capacities[link] ?? 0
  }
  let need = 0
  for (const { sources, sinks } of problem.commodities) {
    const [source = -1] = sources
    for (const { places, amount } of sinks) {
      const [place = -1] = places
      if (source === outage?.node || place === outage?.node) continue
      const isCrossing = problem.sharing === 'sum' ? has(source) !== has(place) : has(source) && !has(place)
      if (isCrossing) need += amount
    }
  }
  return need <= room + 1e-9
}
