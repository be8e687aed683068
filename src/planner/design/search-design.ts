import type { Highs } from 'highs'
import { cheapestCover } from './cheapest-cover.ts'
import { cutOf, cutSets } from './cuts.ts'
import { buildingCost, capacitiesOf, hasFlowCosts } from './design-problem.ts'
import type { Choice, DesignProblem } from './design-problem.ts'
import { flowCostOf } from './flow-cost.ts'
import { costGrain, MasterProgram, wholeChoice } from './master.ts'
import { OutageCheck } from './outage-check.ts'
import { repairChoice, situationsOf, thinOut } from './repair-choice.ts'
import type { SearchMeans } from './repair-choice.ts'
import { routeDesign } from './route-design.ts'
import { searchNeighbourhoods } from './search-neighbourhoods.ts'
import type { Progress, Solved, SolveOptions } from './solved.ts'
import { transportBound } from './transport-bound.ts'

/** Rounds of cuts on the relaxation: cheap, and each spares the search in whole modules much more. */
const MOST_RELAXED_ROUNDS = 40

/** Bounds the cost from below with the solver and from above with checked networks, until they meet or time is up. */
export function searchDesign(highs: Highs, problem: DesignProblem, options: SolveOptions): Solved {
  const search = new DesignSearch(highs, problem, options)
  try {
    return search.run()
  } finally {
    search.dispose()
  }
}

class DesignSearch {
  readonly #highs: Highs
  readonly #problem: DesignProblem
  readonly #options: SolveOptions
  readonly #check: OutageCheck
  readonly #master: MasterProgram
  readonly #means: SearchMeans
  readonly #grain: number
  readonly #startedMs: number
  #best: { readonly choice: Choice; readonly cost: number } | undefined
  #bound = 0

  constructor(highs: Highs, problem: DesignProblem, options: SolveOptions) {
    this.#highs = highs
    this.#problem = problem
    this.#options = options
    this.#startedMs = options.now()
    this.#check = new OutageCheck(highs, problem)
    this.#master = new MasterProgram(highs, problem)
    this.#grain = costGrain(problem)
    this.#means = { problem, check: this.#check, leftS: () => this.#leftS() }
  }

  run(): Solved {
    this.#raise(transportBound(this.#problem, () => this.#leftS()))
    const routed = routeDesign(this.#problem, () => this.#leftS())
    if (routed !== undefined) this.#keep(routed.choice)
    this.#addCuts()
    return this.#relax() && this.#improve() ? this.#result() : { kind: 'infeasible', traffic: [] }
  }

  dispose(): void {
    this.#check.dispose()
  }

  #leftS(): number {
    return (this.#options.timeLimitMs - (this.#options.now() - this.#startedMs)) / 1_000
  }

  /** Narrow places, each with everything up or with each of its own links down. */
  #addCuts(): void {
    const situations = situationsOf(this.#problem)
    const untilS = this.#leftS() * (1 - CUTTING)
    for (const set of cutSets(this.#problem, () => this.#leftS() > untilS)) {
      if (this.#master.rows > MOST_CUT_ROWS) return
      for (const outage of situations) {
        const isTouched =
          outage === undefined || outage.node !== undefined || this.#crosses(outage.links, set)
        if (isTouched) for (const cut of cutOf(this.#problem, set, outage)) this.#master.addCut(cut)
      }
    }
  }

  #crosses(links: readonly number[], set: ReadonlySet<number>): boolean {
    return links.some((link) => {
      const { from = -1, to = -1 } = this.#problem.links[link] ?? {}
      return set.has(from) !== set.has(to)
    })
  }

  /**
   * The relaxation, cut until it carries everything in parts of modules, and rounded up to a first network. Gives
   * false when not even that carries the traffic.
   */
  #relax(): boolean {
    for (let round = 0; round < MOST_RELAXED_ROUNDS && this.#leftS() > 0; round += 1) {
      const answer = this.#master.solve('relaxed', { timeLimitS: this.#leftS(), absoluteGap: 0 })
      if (answer.status === 'infeasible') return false
      this.#raise(answer.bound)
      if (answer.choice === undefined) return true
      const cuts = this.#cutsAgainst(answer.choice)
      if (round === 0 || cuts === 0) this.#consider(this.#roundedUp(answer.choice))
      if (cuts === 0) return true
    }
    return true
  }

  /**
   * Whole modules: the whole problem for a short while, since that is enough for most; then part by part for a better
   * network; then the whole problem again, which has less to try the better the network is that it starts from. Gives
   * false when nothing carries the traffic.
   */
  #improve(): boolean {
    if (!this.#solveWhole(this.#leftS() * FIRST_TRY)) return false
    if (this.#isProven() || this.#leftS() <= 0) return true
    this.#searchParts(this.#leftS() * PARTS)
    return this.#solveWhole(this.#leftS())
  }

  /** Solve, check, cut, and again, until the choice needs no more cuts or time is up. */
  #solveWhole(seconds: number): boolean {
    const untilS = this.#leftS() - seconds
    for (let left = seconds; left > 0 && !this.#isProven(); left = this.#leftS() - untilS) {
      const answer = this.#master.solve('whole', {
        timeLimitS: left,
        absoluteGap: this.#grain * 0.999,
        start: this.#best?.choice,
      })
      if (answer.status === 'infeasible') return false
      this.#raise(answer.bound)
      if (answer.choice === undefined) return true
      const choice = wholeChoice(this.#problem, answer.choice)
      const cuts = this.#cutsAgainst(choice)
      this.#consider(choice)
      if (cuts === 0 || answer.status === 'stopped') return true
    }
    return true
  }

  #searchParts(seconds: number): void {
    const best = this.#best
    if (best === undefined) return
    const untilS = this.#leftS() - seconds
    const solvePart = (start: Choice, free: ReadonlySet<number>, timeLimitS: number): Choice | undefined => {
      const answer = this.#master.solve('whole', {
        timeLimitS,
        absoluteGap: this.#grain * 0.999,
        start,
        free,
      })
      if (answer.choice === undefined) return undefined
      const choice = wholeChoice(this.#problem, answer.choice)
      if (buildingCost(this.#problem, choice) >= buildingCost(this.#problem, start)) return undefined
      this.#cutsAgainst(choice)
      const repaired = repairChoice(this.#means, choice)
      if (repaired !== undefined) this.#keep(repaired)
      return repaired
    }
    const leftS = (): number => this.#leftS() - untilS
    searchNeighbourhoods({ problem: this.#problem, solvePart, leftS }, best.choice)
  }

  /** Adds a cut for every situation that a choice is seen not to carry, and says how many. */
  #cutsAgainst(choice: Choice): number {
    const capacities = capacitiesOf(this.#problem, choice)
    let cuts = 0
    for (const outage of situationsOf(this.#problem)) {
      if (this.#leftS() <= 0) break
      const verdict = this.#check.verdict(capacities, outage, this.#leftS())
      if (verdict.kind !== 'short') continue
      this.#master.addCut(verdict.cut)
      cuts += 1
    }
    return cuts
  }

  #roundedUp(choice: Choice): Choice {
    const capacities = capacitiesOf(this.#problem, choice)
    return this.#problem.links.map(
      ({ modules }, link) =>
        cheapestCover(this.#problem, link, capacities[link] ?? 0) ?? modules.map(({ most }) => most),
    )
  }

  /** Makes a choice carry everything, takes away what it does not need, and keeps it if it is the best so far. */
  #consider(choice: Choice): void {
    const repaired = repairChoice(this.#means, choice)
    if (repaired === undefined) return
    this.#keep(repaired)
    const untilS = this.#leftS() * (1 - THINNING)
    this.#keep(thinOut({ ...this.#means, leftS: () => this.#leftS() - untilS }, repaired))
  }

  #keep(choice: Choice): void {
    const cost =
      buildingCost(this.#problem, choice) +
      (hasFlowCosts(this.#problem) ? flowCostOf(this.#highs, this.#problem, choice) : 0)
    if (this.#best !== undefined && cost >= this.#best.cost) return
    this.#best = { choice, cost }
    this.#report()
  }

  /** What no network costs less than; costs are whole multiples of the grain, so the bound rises to the next one. */
  #raise(bound: number): void {
    const { constantCost } = this.#problem
    const steps = this.#grain === 0 ? 0 : Math.ceil((bound - constantCost) / this.#grain - 1e-6)
    const raised = this.#grain === 0 || !Number.isFinite(bound) ? bound : steps * this.#grain + constantCost
    if (!(raised > this.#bound)) return
    this.#bound = raised
    this.#report()
  }

  #isProven(): boolean {
    return this.#best !== undefined && this.#best.cost - this.#bound <= 1e-9 * Math.max(1, this.#best.cost)
  }

  #report(): void {
    this.#options.onProgress(this.#progress())
  }

  #progress(): Progress {
    const cost = this.#best?.cost ?? Infinity
    // A proof that ends a rounding error above the cost is a proof of the cost.
    return { bound: Math.min(this.#bound, cost), cost, choice: this.#best?.choice }
  }

  #result(): Solved {
    const { choice } = this.#progress()
    if (choice === undefined) return { kind: 'unsolved', bound: this.#bound }
    const verdict = this.#check.verdict(capacitiesOf(this.#problem, choice), undefined, FINAL_CHECK_S)
    if (verdict.kind !== 'carried') return { kind: 'unsolved', bound: this.#bound }
    return { kind: 'solved', ...this.#progress(), loads: this.#check.loads() }
  }
}

/** Parts of the time that is left for each step. */
const FIRST_TRY = 0.25
const PARTS = 0.5
const THINNING = 0.1
const CUTTING = 0.1

/** More rows of cuts than this cost the solver more time than they spare it. */
const MOST_CUT_ROWS = 6_000

/** The last look at the network is not left out because time is up. Seconds. */
const FINAL_CHECK_S = 30
