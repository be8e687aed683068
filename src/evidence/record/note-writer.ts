import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { NoteBudget, NoteGate } from './note-budget.ts'
import { createNoteGate } from './note-budget.ts'
import { encodeNoteRecord } from './note-record.ts'
import type { EvidenceNote } from './note-record.ts'

/** Writes notes within their budget. */
export class NoteWriter {
  readonly #clock: Clock
  readonly #gate: NoteGate
  readonly #onEvent: EventSink<EvidenceEvent>

  constructor(budget: NoteBudget, clock: Clock, onEvent: EventSink<EvidenceEvent>) {
    this.#clock = clock
    this.#gate = createNoteGate(budget, clock)
    this.#onEvent = onEvent
  }

  /**
   * Writes a note, and how many were dropped before it.
   *
   * @returns whether it was written: durable then
   */
  async write(note: EvidenceNote, append: (record: Uint8Array) => Promise<void>): Promise<boolean> {
    if (!this.#gate.take()) return false
    const count = this.#gate.takeDropped()
    const appends = [append(encodeNoteRecord(note))]
    if (count > 0) {
      const dropped = { kind: 'notes_dropped', atMs: this.#clock.nowMs(), details: { count } }
      appends.push(append(encodeNoteRecord(dropped)))
      this.#onEvent({ kind: 'notes_dropped', count })
    }
    await Promise.all(appends)
    return true
  }
}
