/** A limit that is counted over a day of UTC. */
export type DayLimit = 'requestsPerDay' | 'bytesPerDay'

/** What is counted: one limit of one grant, on one day. */
export interface QuotaKey {
  /** Content hash of the agreement. */
  readonly agreement: string
  /** Place of the grant in it, from 0. */
  readonly grant: number
  readonly limit: DayLimit
  /** Day of UTC, `YYYY-MM-DD`. */
  readonly day: string
}

/** What somebody wants to take of a day's quota. */
export interface QuotaWish {
  /** Units that are wanted now, at least 1. */
  readonly need: number
  /** All that may ever be taken that day. */
  readonly max: number
  /** Units that the asker took before and has not used: what is lost with it if it dies now. */
  readonly inHand: number
}

/** What was taken. */
export interface Reservation {
  /** At least `need`, unless less than that is left; then all that is left, perhaps 0. */
  readonly granted: number
  /** Units taken by all nodes that day, these included. */
  readonly taken: number
}

/**
 * Where the nodes of a member take their share of the day's quotas from. Units are taken in blocks, ahead of use, so that
 * counting costs a write for many exchanges. An implementation keeps this contract:
 *
 * - The sum of all that is granted for a key, less what is given back, never exceeds `max`, whoever asks, however often, and
 *   whatever fails: a node or the store that dies, a write that fails or fails after it was done.
 * - What `reserve` grants is durable before it resolves.
 * - It may grant more than is needed, but so little that all units that die with nodes on one day are at most a hundredth of
 *   `max` together.
 * - Days do not end: a key of yesterday is answered as before for at least a week, since clocks may be put back.
 *
 * `QuotaJournal` keeps it for one node. One that several nodes share would take the blocks with one conditional update.
 */
export interface QuotaStore extends AsyncDisposable {
  /** Takes a block. One asker has one wish under way for a key. @throws WuslaError `logging_failed` nothing was taken then */
  reserve(key: QuotaKey, wish: QuotaWish): Promise<Reservation>
  /**
   * Returns what is left in hand, perhaps 0: the asker has nothing of the key any more. May be lost in a crash: then the
   * units count as used.
   */
  giveBack(key: QuotaKey, units: number): void
  /** Units taken by all nodes that day. */
  taken(key: QuotaKey): Promise<number>
}
