import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How long after its start an actor is left alone, in milliseconds: links are made and the directory is caught up. */
const SETTLE_AFTER_MS = 2_000

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Gives back, once and some time after the start, what only the start needed: the source of modules, what was parsed and
 * thrown away. Takes some tens of milliseconds. The launcher keeps the space for new objects from growing while modules
 * load (decision 0006); from here on it grows with the load as it does in any process.
 *
 * @returns stops it when the actor ends before
 */
export function settleMemory(): Disposable {
  const timer = setTimeout(() => {
    setFlagsFromString('--semi-space-growth-factor=2')
    // The runtime's own way to its collector, without a flag on the command line of every actor.
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as Collect
    setFlagsFromString('--no-expose-gc')
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }, SETTLE_AFTER_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}
