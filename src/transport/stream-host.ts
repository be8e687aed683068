import { canonicalJson } from '../protocol/canonical-json.ts'
import { peerCode } from '../protocol/error-codes.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'
import { FRAME } from './frame-layout.ts'
import type { AnswerHeads } from './answer-heads.ts'
import type { HeldItem } from './incoming-batches.ts'
import type { OutgoingBatches } from './outgoing-batches.ts'
import { MAX_DETAIL_LENGTH } from './session-limits.ts'
import type { SessionOptions } from './session-options.ts'
import type { SessionWire } from './session-wire.ts'
import type { StreamTable } from './stream-table.ts'

/** What the streams of a session need from it. */
export interface StreamHost {
  readonly options: SessionOptions
  readonly peer: string
  /** What the peer announced in its HELLO. */
  readonly peerFeatures: readonly string[]
  readonly wire: SessionWire
  readonly requests: OutgoingBatches
  readonly answers: OutgoingBatches
  readonly table: StreamTable
  /** The heads of the answers that we give, and of those that the peer gives. */
  readonly ownHeads: AnswerHeads
  readonly peerHeads: AnswerHeads
  /** Credit of a new stream: what we give, and what the peer gives. */
  readonly localCredit: number
  readonly peerCredit: number
  /** Set once the session is over; nothing may be delivered any more. */
  readonly closedBy: WuslaError | undefined
  /** Keeps a statement until its BATCH; ends the session when too much is held. */
  hold(kind: 'requests' | 'answers', item: HeldItem, frameBytes: number): void
  /** Counts body bytes that wait for readers. False when they are too many. */
  buffered(change: number): boolean
  /** True when the peer has read what was written so far, false when the session ends before. */
  confirm(): Promise<boolean>
  /** Tells that the handler of requests threw. */
  handlerFailed(cause: unknown): void
  /** Ends the session because the peer broke a rule. */
  fail(code: ErrorCode, step: string): void
}

/** Writes a RESET: docs/spec/session.md, section 3.5. */
export function writeReset(host: StreamHost, streamId: number, code: ErrorCode, detail?: string): void {
  const reset =
    detail === undefined
      ? { code: peerCode(code) }
      : { code: peerCode(code), detail: detail.toWellFormed().slice(0, MAX_DETAIL_LENGTH).toWellFormed() }
  host.wire.writer.text(FRAME.reset, streamId, canonicalJson(reset))
  host.wire.schedule()
}
