import { isBatchRecord } from './batch-record.ts'

const STATEMENT_TIME = '"time":"'
const NOTE_TIME = '"atMs":'
const TIME_LENGTH = 24

/**
 * About when a record was made, in milliseconds since 1970: the time of its first statement, or of the note.
 * Undefined when all of its statements are erased. Good for finding a place, never for a proof.
 */
export function timeOfRecord(record: Buffer): number | undefined {
  const mark = isBatchRecord(record) ? STATEMENT_TIME : NOTE_TIME
  const at = record.indexOf(mark)
  if (at < 0) return undefined
  const text = record.toString('latin1', at + mark.length, at + mark.length + TIME_LENGTH)
  const timeMs = mark === NOTE_TIME ? Number.parseInt(text, 10) : Date.parse(text)
  return Number.isFinite(timeMs) ? timeMs : undefined
}
