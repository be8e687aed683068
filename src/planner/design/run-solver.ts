import { Worker } from 'node:worker_threads'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { DesignProblem } from './design-problem.ts'
import type { Progress, Solved } from './solved.ts'
import type { SolverMessage, SolverTask } from './solver-worker.ts'

/** The thread's file stands beside this one, in source as in the built form. */
const WORKER = new URL(
  `./solver-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
)

/** After its time the solver may finish a last step; then it is ended, and what it told before stands. */
const GRACE_MS = 30_000

/**
 * Solves in a thread of its own, so that this one stays free and a solver that does not come back can be ended.
 *
 * @throws WuslaError `solver_failed` when the thread ends without any network
 */
export async function runSolver(problem: DesignProblem, timeLimitMs: number): Promise<Solved> {
  const task: SolverTask = { problem, timeLimitMs }
  const worker = new Worker(WORKER, { workerData: task })
  let last: Progress | undefined
  try {
    return await new Promise<Solved>((resolve, reject) => {
      const stop = (cause?: unknown): void => {
        if (last?.choice !== undefined) resolve({ kind: 'solved', loads: undefined, ...last })
        else reject(new WuslaError('solver_failed', cause === undefined ? {} : { cause }))
      }
      const timer = setTimeout(stop, timeLimitMs + GRACE_MS)
      worker.on('message', (message: SolverMessage) => {
        if (message.kind === 'progress') last = message.progress
        else resolve(message.solved)
      })
      worker.once('error', stop)
      worker.once('exit', () => {
        clearTimeout(timer)
        stop()
      })
    })
  } finally {
    await worker.terminate()
  }
}
