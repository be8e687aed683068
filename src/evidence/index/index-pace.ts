/** What comes to an index with nothing to do waits so long for company. Unit: milliseconds. */
const IDLE_PAUSE_MS = 250

/** Exchanges count as coming in for so long after the last one. Unit: milliseconds. */
const BUSY_FOR_MS = 250

/** Pause while exchanges come in: a slice of 1 ms in 50. Unit: milliseconds. */
const BUSY_PAUSE_MS = 49

/** The same when so much comes in that the index falls behind in any case: a slice of 1 ms in 200. Unit: milliseconds. */
const FLOODED_PAUSE_MS = 199

/** So many statements a second are twice what slices of 1 ms in 50 take. */
const FLOOD_PER_SECOND = 6_000

/** The same when the index has fallen far behind: a slice of 1 ms in 10. Unit: milliseconds. */
const HURRIED_PAUSE_MS = 9

/** So many records is far behind: about ten minutes of a gateway's full load. */
const FAR_BEHIND_RECORDS = 500_000

/** What the pace of the index goes by. */
export interface IndexLoad {
  /** Records of the journal that are not in the index. */
  readonly recordsBehind: number
  /** Milliseconds since the last exchange. */
  readonly quietMs: number
  /** Statements that come in. */
  readonly perSecond: number
}

/**
 * How long the index leaves the event loop to others before its next slice: long while exchanges come in, not at all
 * when they do not. Evidence of one exchange is found without the index, so it may lag behind; only not for ever.
 *
 * @returns milliseconds
 */
export function pauseBetweenSlices({ recordsBehind, quietMs, perSecond }: IndexLoad): number {
  if (recordsBehind <= 0) return IDLE_PAUSE_MS
  if (quietMs >= BUSY_FOR_MS) return 1
  if (recordsBehind > FAR_BEHIND_RECORDS) return HURRIED_PAUSE_MS
  return perSecond >= FLOOD_PER_SECOND ? FLOODED_PAUSE_MS : BUSY_PAUSE_MS
}
