import type { EvidenceNote } from './record/note-record.ts'

/** Kind of the note that says that an exchange needs an acknowledgement: outlives a crash. */
export const AWAITED_NOTE = 'acknowledgement_awaited'

/** Kind of the note that says that none came in the agreed time. One that comes later still counts. */
export const OVERDUE_NOTE = 'not_acknowledged'

/** The answer of this exchange counts as delivered only when it is acknowledged. */
export function awaitedNote(exchange: string, role: 'consumer' | 'provider', atMs: number): EvidenceNote {
  return { kind: AWAITED_NOTE, atMs, exchange, details: { role } }
}

/** The time for an acknowledgement is over. */
export function overdueNote(exchange: string, atMs: number): EvidenceNote {
  return { kind: OVERDUE_NOTE, atMs, exchange }
}
