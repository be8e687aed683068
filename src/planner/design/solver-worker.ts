import { parentPort, workerData } from 'node:worker_threads'
import highsModule from 'highs'
import type { DesignProblem } from './design-problem.ts'
import { solveDesign } from './solve-design.ts'
import type { Progress, Solved } from './solved.ts'

/** What the thread is given. */
export interface SolverTask {
  readonly problem: DesignProblem
  readonly timeLimitMs: number
}

/** What it tells: everything better than before, and at the end the answer. */
export type SolverMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly solved: Solved }

// The package's types describe its CommonJS form; as an ES module its default export is the loader itself.
const loadHighs = highsModule as unknown as typeof highsModule.default

// A thread of its own: the solver does not come back before it is done, and may be ended from outside.
if (parentPort !== null) {
  const port = parentPort
  const { problem, timeLimitMs } = workerData as SolverTask
  const tell = (message: SolverMessage): void => port.postMessage(message)
  const solved = solveDesign(await loadHighs(), problem, {
    timeLimitMs,
    now: () => performance.now(),
    onProgress: (progress) => tell({ kind: 'progress', progress }),
  })
  tell({ kind: 'done', solved })
}
