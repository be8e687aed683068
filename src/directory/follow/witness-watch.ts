import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { Directory } from '../directory.ts'
import type { DirectoryEvent } from '../directory-event.ts'
import { countWitnesses, type HeldCheckpoint } from './held-checkpoint.ts'

interface WatchOptions {
  readonly clock: Clock
  readonly onEvent: EventSink<DirectoryEvent>
  /** What is held without a branch's cosignature for longer than this is an alarm. */
  readonly alarmAfterMs: number
  readonly held: () => WitnessState
}

/** Size held now, commissioned branches, and how many of them cosigned what is held. */
interface WitnessState {
  readonly size: number
  readonly witnesses: number
  readonly cosigned: number
}

/**
 * Notices when nobody vouches that others are shown the same past. Entries count before they are cosigned, since a
 * revocation must not wait for a witness; but a log that stays without any cosignature may be one made for us alone.
 */
export class WitnessWatch {
  readonly #options: WatchOptions
  #since: number | undefined
  #isTold = false

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Tells what has changed. To be called now and then. */
  check(): void {
    const { clock, onEvent, alarmAfterMs, held } = this.#options
    const { size, witnesses, cosigned } = held()
    if (size === 0 || witnesses === 0 || cosigned > 0) {
      if (this.#isTold) onEvent({ kind: 'directory_witnessed', size })
      this.#since = undefined
      this.#isTold = false
      return
    }
    this.#since ??= clock.nowMs()
    const unwitnessedForMs = clock.nowMs() - this.#since
    if (this.#isTold || unwitnessedForMs <= alarmAfterMs) return
    this.#isTold = true
    onEvent({ kind: 'directory_unwitnessed', size, witnesses, unwitnessedForMs })
  }
}

/** Who has cosigned what a follower holds. */
export function witnessState(log: {
  readonly size: number
  readonly held: HeldCheckpoint | undefined
  readonly directory: Directory
}): WitnessState {
  const keys = [...new Set(log.directory.branches().map(({ witnessKey }) => witnessKey))]
  const cosigned = log.held === undefined ? 0 : countWitnesses(log.held, keys)
  return { size: log.size, witnesses: keys.length, cosigned }
}
