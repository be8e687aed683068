import type { Ledger } from '../../ledger/ledger.ts'
import type { ExchangeIndex } from '../index/exchange-index.ts'
import { encodeNoteRecord } from '../record/note-record.ts'

/** A file of records that grew for longer than this is ended, so that it can be removed one day. Unit: ms. */
const LONGEST_FILE_MS = 86_400_000

/** The first record that has to stay when everything from before an instant may go: whole files only. */
async function firstToKeep(ledger: Ledger, beforeMs: number): Promise<number> {
  const segments = await ledger.segments()
  // A file may go when the next one was begun before the instant: then nothing in it is younger.
  const kept = segments.findIndex((_, at) => (segments[at + 1]?.createdMs ?? Infinity) > beforeMs)
  return segments[kept]?.firstSequence ?? 0
}

/** Ends the growing file when it is old enough. */
async function endOldFile(ledger: Ledger, nowMs: number): Promise<void> {
  const last = (await ledger.segments()).at(-1)
  if (last !== undefined && nowMs - last.createdMs >= LONGEST_FILE_MS) await ledger.rotate()
}

/**
 * Removes the records from before an instant, in whole files, and what the index knows from them. `note` makes a
 * record durable: what is removed is noted first.
 *
 * @returns the first record that is left and how many were removed
 */
export async function removeOldRecords(
  { ledger, index }: { readonly ledger: Ledger; readonly index: ExchangeIndex },
  wanted: { readonly beforeMs: number; readonly nowMs: number; readonly reason: string | undefined },
  note: (record: Uint8Array) => Promise<void>,
): Promise<{ readonly first: number; readonly removed: number }> {
  const { beforeMs, nowMs, reason } = wanted
  await endOldFile(ledger, nowMs)
  const before = await firstToKeep(ledger, beforeMs)
  const had = ledger.firstRecord
  if (before <= had) return { first: had, removed: 0 }
  const details = reason === undefined ? { before } : { before, reason }
  await note(encodeNoteRecord({ kind: 'records_removed', atMs: nowMs, details }))
  const first = await ledger.removeRecordsBefore(before)
  await index.forgetBefore(first)
  return { first, removed: first - had }
}
