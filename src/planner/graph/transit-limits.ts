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

  #work(limit: TransitLimit): ReadonlySet<number> {
    const barred = this.#branches.filter((branch) => !allowsBranch(limit, branch))
    return new Set(barred.map(({ id }) => this.#graph.indexOf.get(id) ?? -1))
  }
}

/** Whether a path that keeps to the limit may lead through a branch. */
export function allowsBranch({ avoid, only, onlyClasses }: TransitLimit, branch: ModelBranch): boolean {
  return (
    avoid?.includes(branch.id) !== true &&
    only?.includes(branch.id) !== false &&
    (onlyClasses === undefined || onlyClasses.includes(branch.class ?? ''))
  )
}
