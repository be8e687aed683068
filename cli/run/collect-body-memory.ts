import v8 from 'node:v8'
import vm from 'node:vm'

/** How often it looks while memory outside of the heap moves, in milliseconds. At 400 MB/s 10 MiB pass meanwhile. */
const LOOK_MS = 25

/** The same after a while in which it did not: an actor idles for days, and every look wakes it. At 400 MB/s 40 MiB pass. */
const REST_MS = 100

/** So many looks without anything that moves make it rest: a second. */
const LOOKS_BEFORE_REST = 40

/** Memory that grew or shrank by this between two looks moves, in bytes. */
const MOVING_BYTES = 1024 * 1024

/** Memory outside of the heap may grow by this between collections, in bytes. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024

/** What the runtime calls its collector. */
type Collect = (options: { readonly type: 'minor'; readonly execution: 'sync' }) => void

/**
 * Frees the memory of bodies that have passed. The collector sees only the small object in front of every piece of a body
 * and lets 64 MiB of such pieces gather before it looks; a gateway that passes on two gigabytes would grow by as much at
 * every connection of it. A minor collection takes about a millisecond and happens only while bodies flow.
 */
export function collectBodyMemory(): Disposable {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as Collect
  v8.setFlagsFromString('--no-expose-gc')
  const heldBytes = (): number => v8.getHeapStatistics().external_memory
  let floor = heldBytes()
  let before = floor
  let still = 0
  const look = (): void => {
    const held = heldBytes()
    still = Math.abs(held - before) >= MOVING_BYTES ? 0 : still + 1
    before = held
    floor = Math.min(floor, held)
    if (held - floor >= MAX_GROWTH_BYTES) {
      collect({ type: 'minor', execution: 'sync' })
      floor = heldBytes()
    }
    timer = setTimeout(look, still < LOOKS_BEFORE_REST ? LOOK_MS : REST_MS).unref()
  }
  let timer = setTimeout(look, LOOK_MS).unref()
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}
