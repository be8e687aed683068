import type { DesignProblem } from './design-problem.ts'

/** The capacity that a problem is counted in: its smallest module. */
export function unitOf({ links }: DesignProblem): number {
  const capacities = links.flatMap(({ modules }) => modules.map(({ capacity }) => capacity))
  const least = capacities.reduce((least, capacity) => Math.min(least, capacity), Infinity)
  return Number.isFinite(least) ? least : 1
}

/** The same problem with capacities and traffic in this unit: a solver's tolerances are absolute. Money stays as it is. */
export function scaleProblem(problem: DesignProblem, unit: number): DesignProblem {
  return {
    ...problem,
    links: problem.links.map((link) => ({
      ...link,
      installed: link.installed / unit,
      flowCost: link.flowCost * unit,
      modules: link.modules.map((module) => ({ ...module, capacity: module.capacity / unit })),
    })),
    commodities: problem.commodities.map((commodity) => ({
      ...commodity,
      sinks: commodity.sinks.map((sink) => ({ ...sink, amount: sink.amount / unit })),
    })),
  }
}
