import type { Ledger } from '../../ledger/ledger.ts'
import type { ExchangeIndex } from '../index/exchange-index.ts'

/** A file of records that grew for longer than this is ended, so that it can be removed one day. Unit: ms. */
const LONGEST_FILE_MS = 86_400_000

/** The first record that has to stay when everything from before an instant may go: whole files only. */
export async function firstToKeep(ledger: Ledger, beforeMs: number): Promise<number> {
  const segments = await ledger.segments()
  // A file may go when the next one was begun before the instant: then nothing in it is younger.
  const kept = segments.findIndex((_, at) => (segments[at + 1]?.createdMs ?? Infinity) > beforeMs)
  return segments[kept]?.firstSequence ?? 0
}

/** Ends the growing file when it is old enough. */
export async function endOldFile(ledger: Ledger, nowMs: number): Promise<void> {
  const last = (await ledger.segments()).at(-1)
  if (last !== undefined && nowMs - last.createdMs >= LONGEST_FILE_MS) await ledger.rotate()
}

/** Removes records and what the index knows from them; gives the first record that is left. */
export async function removeRecords(ledger: Ledger, index: ExchangeIndex, before: number): Promise<number> {
  const first = await ledger.removeRecordsBefore(before)
  await index.forgetBefore(first)
  return first
}
