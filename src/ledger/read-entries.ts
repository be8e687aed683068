import type { Journal } from './journal.ts'

/** The entries `from` (included) to `to` (left out), as far as their records are still there. */
export async function readEntries(
  journal: Journal,
  entryOf: (record: Uint8Array) => Uint8Array,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = []
  for await (const { sequence, record } of journal.records(from)) {
    if (sequence !== from + entries.length) break
    entries.push(entryOf(record))
    if (entries.length === to - from) break
  }
  return entries
}
