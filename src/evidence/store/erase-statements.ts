import type { Ledger } from '../../ledger/ledger.ts'
import type { HalfPlace } from '../index/index-reader.ts'
import { decodeBatchRecord, erasedLine, isErased } from '../record/batch-record.ts'

/**
 * Replaces statements by what {@link erasedLine} leaves of them, in the journal itself. Header, seals and the leaves of
 * the batch stay, so neighbours stay provable and the ledger whole. May be called again after a failure.
 *
 * @returns how many statements were erased
 */
export async function eraseStatements(ledger: Ledger, places: readonly HalfPlace[]): Promise<number> {
  const linesOf = new Map<number, number[]>()
  for (const { record, line } of places) linesOf.set(record, [...(linesOf.get(record) ?? []), line])
  const replacements = new Map<number, Uint8Array>()
  let erased = 0
  for (const [index, lines] of linesOf) {
    const record = await ledger.readRecord(index)
    if (record === undefined) continue
    const replaced = withoutLines(record, lines)
    erased += replaced.erased
    if (replaced.erased > 0) replacements.set(index, replaced.record)
  }
  if (erased > 0) await ledger.replaceRecords(replacements)
  return erased
}

function withoutLines(record: Buffer, places: readonly number[]): { record: Buffer; erased: number } {
  const text = record.toString('utf8')
  const { lines } = decodeBatchRecord(record)
  const start = text.split('\n', 3).join('\n')
  let erased = 0
  const left = lines.map((line, at) => {
    if (!places.includes(at) || isErased(line)) return line
    erased += 1
    return erasedLine(line)
  })
  return { record: Buffer.from(`${start}\n${left.join('\n')}`), erased }
}
