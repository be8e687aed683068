import type { Choice } from './design-problem.ts'
import type { Unreachable } from './unreachable.ts'

/** How far the search has come: a network that carries everything, and what no network costs less than. */
export interface Progress {
  readonly bound: number
  readonly cost: number
  /** Absent as long as no network is known. */
  readonly choice: Choice | undefined
}

export interface SolveOptions {
  readonly timeLimitMs: number
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  /** Called whenever there is something better than before. */
  readonly onProgress: (progress: Progress) => void
}

/**
 * The answer: `infeasible` means that no choice carries the traffic, whatever it costs; `traffic` is what no links lead
 * to, or empty when capacities are too small.
 */
export type Solved =
  | ({ readonly kind: 'solved'; readonly loads: readonly number[] | undefined } & Progress)
  | { readonly kind: 'infeasible'; readonly traffic: readonly Unreachable[] }
  | { readonly kind: 'unsolved'; readonly bound: number }
