/** How often a quiet index looks whether there is something to do. Unit: milliseconds. */
const IDLE_LOOK_MS = 250

/** Exchanges count as coming in for so long after the last one. Unit: milliseconds. */
const BUSY_FOR_MS = 250

/** Pause while exchanges come in: a slice of 1 ms in 50. Unit: milliseconds. */
const BUSY_PAUSE_MS = 49

/** The same when the index has fallen far behind: a slice of 1 ms in 10. Unit: milliseconds. */
const HURRIED_PAUSE_MS = 9

/** So many records is far behind: about ten minutes of a gateway's full load. */
const FAR_BEHIND_RECORDS = 500_000

/**
 * How long the index leaves the event loop to others before its next slice: long while exchanges come in, not at all
 * when they do not. Evidence of one exchange is found without the index, so it may lag behind; only not for ever.
 *
 * @param recordsBehind - records of the journal that are not in the index
 * @param quietMs - milliseconds since the last exchange
 * @returns milliseconds
 */
export function pauseBetweenSlices(recordsBehind: number, quietMs: number): number {
  if (recordsBehind <= 0) return IDLE_LOOK_MS
  if (quietMs >= BUSY_FOR_MS) return 1
  return recordsBehind > FAR_BEHIND_RECORDS ? HURRIED_PAUSE_MS : BUSY_PAUSE_MS
}
