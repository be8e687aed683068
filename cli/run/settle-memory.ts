import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { HeapGrowth, LOAD_LOOK_MS } from './heap-growth.ts'

/** How long after its start an actor is left alone, in milliseconds: links are made and the directory is caught up. */
const SETTLE_AFTER_MS = 2_000

/** How often it is looked whether there is something to give back, in milliseconds. */
const LOOK_MS = 5_000

/** Less is not worth it. Unit: bytes. */
const MIN_GROWTH_BYTES = 4 * 1024 * 1024

/** An actor that is this busy, as a part of its time, is left alone: it will need the memory again. */
const MAX_UTILISATION = 0.1

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Gives back what only the start needed (the source of modules, what was parsed and thrown away), and later what a burst of work left behind, such
 * as the documents of agreements that were signed: an actor idles for days, and the runtime keeps what it once had. Takes some tens of milliseconds, and
 * happens only while there is next to nothing to do. The launcher keeps the space for new objects from growing while modules
 * load (decision 0006); from the first time on it grows with the load as it does in any process.
 *
 * @returns stops it when the actor ends
 */
export function settleMemory(): Disposable {
  let settledBytes = Infinity
  // What was still in use the first time is given back by a second one.
  let isOnceMore = true
  let before = performance.eventLoopUtilization()
  const settle = (): void => {
    collectAll()
    settledBytes = process.memoryUsage.rss()
  }
  const timer = setTimeout(() => {
    setFlagsFromString('--semi-space-growth-factor=2')
    settle()
  }, SETTLE_AFTER_MS)
  const looking = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const hasGrown = process.memoryUsage.rss() - settledBytes > MIN_GROWTH_BYTES
    if (utilization > MAX_UTILISATION || !(hasGrown || isOnceMore)) return
    settle()
    isOnceMore = hasGrown
  }, LOOK_MS)
  const growing = growUnderLoad()
  timer.unref()
  looking.unref()
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      clearInterval(looking)
      clearInterval(growing)
    },
  }
}

function growUnderLoad(): NodeJS.Timeout {
  const growth = new HeapGrowth()
  let percent = 0
  let before = performance.eventLoopUtilization()
  const growing = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const wanted = growth.look(utilization, getHeapStatistics().used_heap_size)
    if (wanted === percent) return
    percent = wanted
    setFlagsFromString(`--heap-growing-percent=${percent}`)
  }, LOAD_LOOK_MS)
  return growing.unref()
}

function collectAll(): void {
  // The runtime's own way to its collector, without a flag on the command line of every actor.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
