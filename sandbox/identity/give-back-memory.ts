import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How often it is looked whether there is something to give back. Unit: ms. */
const LOOK_MS = 3_000

/** Less is not worth it. Unit: bytes. */
const MIN_GROWTH_BYTES = 4 * 1024 * 1024

/** A stand-in that is this busy, as a part of its time, is left alone. */
const MAX_UTILISATION = 0.1

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/** The stand-in idles for days: what its start and documents that passed through it left behind is given back while there is nothing to do. */
export function giveBackMemory(): void {
  let settledBytes = 0
  let before = performance.eventLoopUtilization()
  const look = (): void => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization > MAX_UTILISATION || process.memoryUsage.rss() - settledBytes < MIN_GROWTH_BYTES) return
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as Collect
    setFlagsFromString('--no-expose-gc')
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    settledBytes = process.memoryUsage.rss()
  }
  setInterval(look, LOOK_MS).unref()
}
