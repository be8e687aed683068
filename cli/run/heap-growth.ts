/** How often the load is looked at, in milliseconds. */
export const LOAD_LOOK_MS = 500

/** From here on an actor is under load, as a part of its time. */
const LOADED_UTILISATION = 0.3
/** Below this it idles. */
const IDLE_UTILISATION = 0.1

/** A second of load: starting, or taking an agreement in, is shorter. */
const LOADED_LOOKS = 2
/** Five seconds. */
const IDLE_LOOKS = 10

/**
 * Up to here the heap of an actor under load may become three times as large before everything is collected. A larger heap follows the
 * runtime's own rule: three times of it would be too much. With what is young and will be gone soon. Unit: bytes.
 */
const SMALL_HEAP_BYTES = 96 * 1024 * 1024

/**
 * Decides how far the heap may grow before everything is collected. By the runtime's own rule a gateway that had idled and comes under load
 * collects everything up to five times a second, 25 to 30 ms each, because it remembers a small heap and the pieces that sockets read
 * count as well: an eighth of its time. An idle actor keeps that rule, for it has little and should hold little.
 */
export class HeapGrowth {
  #loadedLooks = 0
  #idleLooks = 0
  #isLoaded = false

  /**
   * To be called every {@link LOAD_LOOK_MS}.
   *
   * @param utilisation - the part of the time since the last look in which the actor worked, 0 to 1
   * @param usedBytes - of the heap
   * @returns by how many percent the heap may grow until everything is collected; 0 for the runtime's own rule
   */
  look(utilisation: number, usedBytes: number): 0 | 200 {
    this.#loadedLooks = utilisation > LOADED_UTILISATION ? this.#loadedLooks + 1 : 0
    this.#idleLooks = utilisation < IDLE_UTILISATION ? this.#idleLooks + 1 : 0
    if (this.#loadedLooks >= LOADED_LOOKS) this.#isLoaded = true
    else if (this.#idleLooks >= IDLE_LOOKS) this.#isLoaded = false
    return this.#isLoaded && usedBytes < SMALL_HEAP_BYTES ? 200 : 0
  }
}
