import type { ModelBranch, TransitLimit } from '../network-model.ts'
import type { NetworkGraph } from './network-graph.ts'

/** Decides for each transit limit and branch whether a path may lead through; equal limits are worked out once. */
export class TransitLimits {
  readonly #graph: NetworkGraph
  readonly #branches: readonly ModelBranch[]
  readonly #known = new Map<string, ReadonlySet<number> | undefined>()

  constructor(graph: NetworkGraph, branches: readonly ModelBranch[]) {
    this.#graph = graph
    this.#branches = branches
  }

  /** A text that is the same for the same limit. */
  keyOf(limit: TransitLimit | undefined): string {
    return limit === undefined ? '' : JSON.stringify([limit.avoid, limit.only, limit.onlyClasses])
  }

  /** The branches through which a path must not lead; `undefined` when all are allowed. */
  barred(limit: TransitLimit | undefined): ReadonlySet<number> | undefined {
    if (limit === undefined) return undefined
    const key = this.keyOf(limit)
    if (!this.#known.has(key)) this.#known.set(key, this.#work(limit))
    return this.#known.get(key)
  }

  #work({ avoid, only, onlyClasses }: TransitLimit): ReadonlySet<number> {
    const barred = new Set<number>()
    for (const branch of this.#branches) {
      const isAllowed =
        avoid?.includes(branch.id) !== true &&
        only?.includes(branch.id) !== false &&
        (onlyClasses === undefined || onlyClasses.includes(branch.class ?? ''))
      if (!isAllowed) barred.add(this.#graph.indexOf.get(branch.id) ?? -1)
    }
    return barred
  }
}
