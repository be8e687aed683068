import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How long after its start an actor is left alone, in milliseconds: links are made and the directory is caught up. */
const SETTLE_AFTER_MS = 2_000

/** How often it is looked whether there is something to give back, in milliseconds. */
const LOOK_MS = 5_000

/** Less is not worth it. Unit: bytes. */
const MIN_GROWTH_BYTES = 4 * 1024 * 1024

/** An actor that is this busy, as a part of its time, is left alone: it will need the memory again. */
const MAX_UTILISATION = 0.1

/** From here on an actor is under load, and not only starting or taking an agreement in. */
const LOADED_UTILISATION = 0.5

/**
 * Up to here the heap of an actor under load may become three times as large before everything is collected: in a gateway under load the runtime's own rule meant
 * one collection a second, 20 to 30 ms each, because the pieces that sockets read count as well. A larger heap follows that rule:
 * three times of it would be too much. Unit: bytes.
 */
const SMALL_HEAP_BYTES = 64 * 1024 * 1024

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
    const isSmall = getHeapStatistics().used_heap_size < SMALL_HEAP_BYTES
    setFlagsFromString(`--heap-growing-percent=${utilization > LOADED_UTILISATION && isSmall ? 200 : 0}`)
    const hasGrown = process.memoryUsage.rss() - settledBytes > MIN_GROWTH_BYTES
    if (utilization > MAX_UTILISATION || !(hasGrown || isOnceMore)) return
    settle()
    isOnceMore = hasGrown
  }, LOOK_MS)
  timer.unref()
  looking.unref()
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      clearInterval(looking)
    },
  }
}

function collectAll(): void {
  // The runtime's own way to its collector, without a flag on the command line of every actor.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
