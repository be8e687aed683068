import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'
import type { ActiveSegment } from './active-segment.ts'
import type { FileSystem } from './file-system.ts'

/** What a journal tells about itself. */
export type JournalEvent =
  /** Bytes of a group that was not written whole were cut off at open; nothing in them was acknowledged. */
  | {
      readonly kind: 'journal_tail_cut'
      readonly directory: string
      readonly sequence: number
      readonly bytes: number
    }
  /** A write failed: nothing more is taken until the journal is opened again. */
  | { readonly kind: 'journal_failed'; readonly directory: string; readonly error: WuslaError }

/** A run of records in one file. */
export interface JournalSegment {
  readonly firstSequence: number
  /** One more than the last sequence in it. */
  readonly nextSequence: number
  /** When it was begun, milliseconds since 1970: its records are not older. */
  readonly createdMs: number
}

/** Everything `openJournal` found out. */
export interface JournalState {
  readonly fs: FileSystem
  readonly directory: string
  readonly salt: number
  /** First sequences of all segments, ascending; the last one is `active`. */
  readonly segments: readonly number[]
  readonly active: ActiveSegment
  readonly nextSequence: number
  readonly segmentBytes: number
  readonly maxWaitingBytes: number
  readonly clock: Clock
  readonly onEvent: EventSink<JournalEvent>
}
