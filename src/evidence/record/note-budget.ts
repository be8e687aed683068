import type { Clock } from '../../protocol/clock.ts'

/** How many notes may be written: a peer that provokes refusals must not fill the disk. */
export interface NoteBudget {
  /** Notes a second in the long run. */
  readonly perSecond: number
  /** Notes at once. */
  readonly burst: number
}

export const DEFAULT_NOTE_BUDGET: NoteBudget = Object.freeze({ perSecond: 20, burst: 200 })

/** Counts notes against their budget. */
export interface NoteGate {
  /** True when one more note may be written now; otherwise it is counted as dropped. */
  take(): boolean
  /** How many were dropped since the last call; resets the count. */
  takeDropped(): number
}

/** A token bucket over the given clock; a clock that jumps back gives nothing. */
export function createNoteGate(budget: NoteBudget, clock: Clock): NoteGate {
  let tokens = budget.burst
  let lastMs = clock.nowMs()
  let dropped = 0
  return {
    take() {
      const nowMs = clock.nowMs()
      tokens = Math.min(budget.burst, tokens + (Math.max(0, nowMs - lastMs) * budget.perSecond) / 1000)
      lastMs = nowMs
      if (tokens < 1) {
        dropped += 1
        return false
      }
      tokens -= 1
      return true
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
  }
}
