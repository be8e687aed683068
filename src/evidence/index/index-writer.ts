import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { BatchHeader } from '../../protocol/batch.ts'
import type { AnswerStatement, RequestStatement } from '../../protocol/statement.ts'
import { decodeBatchRecord, isBatchRecord, isErased } from '../record/batch-record.ts'
import type { BatchRecord } from '../record/batch-record.ts'
import { decodeNoteRecord } from '../record/note-record.ts'
import { AcknowledgementRows } from './acknowledgement-rows.ts'
import { exchangeKey } from './exchange-key.ts'

/** A record of the journal on its way into the index. Taken apart once, when its turn comes. */
export interface PendingRecord {
  readonly sequence: number
  readonly record: Uint8Array
  batch?: BatchRecord
}

/** Where the index stands: everything before this line of this record is in. */
export interface IndexPlace {
  readonly record: number
  readonly line: number
}

/** Kind of the note that says that an exchange's statements were erased. */
export const ERASED_NOTE = 'statements_erased'

const REQUEST_COLUMNS =
  'client, service, method, path, message_id, user, agreement, purpose, requested_at, request_bytes'

/** The one writer of the index. Every call is one transaction, so a crash leaves a place that is true. */
export class IndexWriter {
  readonly #database: DatabaseSync
  readonly #rows: RowStatements
  readonly #acknowledgements: AcknowledgementRows
  #place: IndexPlace

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#rows = prepareRows(database)
    this.#acknowledgements = new AcknowledgementRows(database)
    const place = database.prepare('SELECT record, line FROM place').get()
    this.#place = { record: Number(place?.['record']), line: Number(place?.['line']) }
  }

  get place(): IndexPlace {
    return this.#place
  }

  /**
   * Takes records from the place on, line by line, until all are in or `isOver` says so. Records may be missing
   * in front of the first one: they were removed when their retention ended.
   *
   * @returns how many of the records are in completely
   */
  take(records: readonly PendingRecord[], isOver: () => boolean): number {
    let done = 0
    let { record, line } = this.#place
    this.#inTransaction(() => {
      for (const pending of records) {
        if (pending.sequence > record) line = 0
        record = pending.sequence
        line = this.#takeRecord(pending, line, isOver)
        if (line > 0) break
        record += 1
        done += 1
        if (isOver()) break
      }
      this.#rows.move.run(record, line)
    })
    this.#place = { record, line }
    return done
  }

  /** Goes on at this record: nothing is left of those before it. */
  skipTo(record: number): void {
    this.#rows.move.run(record, 0)
    this.#place = { record, line: 0 }
  }

  /** Forgets what may name a person; the row stays, so that a question is answered with `erased`. */
  erase(exchange: string): void {
    const key = exchangeKey(exchange)
    this.#rows.insertAnswer.run(key, 0)
    this.#rows.erase.run(key)
  }

  /**
   * Forgets exchanges all of whose records lie before this one, beginning with the row behind `afterId`.
   *
   * @returns the row to go on behind, or undefined at the end
   */
  forgetBefore(record: number, afterId: number, rows: number): number | undefined {
    const found = this.#rows.lastRecords.all(afterId, rows)
    const last = found.at(-1)
    this.#inTransaction(() => {
      for (const row of found) {
        if (Number(row['last']) >= record) continue
        this.#rows.forgetHalves.run(Number(row['id']))
        this.#rows.forget.run(Number(row['id']))
      }
    })
    const isBehind = found.some((row) => Number(row['first']) < record)
    return last === undefined || !isBehind ? undefined : Number(last['id'])
  }

  #inTransaction(act: () => void): void {
    this.#database.exec('BEGIN')
    try {
      act()
      this.#database.exec('COMMIT')
    } catch (cause) {
      this.#database.exec('ROLLBACK')
      throw cause
    }
  }

  /** Gives the line to go on with, or 0 when the record is in. */
  #takeRecord(pending: PendingRecord, from: number, isOver: () => boolean): number {
    if (!isBatchRecord(pending.record)) {
      const note = decodeNoteRecord(pending.record)
      if (note.kind === ERASED_NOTE && note.exchange !== undefined) this.erase(note.exchange)
      this.#acknowledgements.takeNote(note)
      return 0
    }
    pending.batch ??= decodeBatchRecord(pending.record)
    const { lines, header, direction } = pending.batch
    const isAnswer = (JSON.parse(header) as BatchHeader).kind === 'answers'
    const isProvider = isAnswer === (direction === 'sent') ? 1 : 0
    for (let line = from; line < lines.length; line += 1) {
      const text = lines[line] ?? ''
      if (!isErased(text)) {
        const id = isAnswer ? this.#takeAnswer(text, isProvider) : this.#takeRequest(text, isProvider)
        this.#rows.insertHalf.run(id, pending.sequence, line, isAnswer ? 1 : 0)
      }
      if (isOver() && line + 1 < lines.length) return line + 1
    }
    return 0
  }

  #takeRequest(text: string, isProvider: number): number {
    const request = JSON.parse(text) as RequestStatement
    const key = exchangeKey(request.exchange)
    const { changes, lastInsertRowid } = this.#rows.insertRequest.run(key, isProvider, ...valuesOf(request))
    if (changes === 1) return Number(lastInsertRowid)
    this.#rows.completeRequest.run(...valuesOf(request), key)
    return this.#idOf(key)
  }

  #takeAnswer(text: string, isProvider: number): number {
    const answer = JSON.parse(text) as AnswerStatement
    const key = exchangeKey(answer.exchange)
    let id = this.#idOf(key)
    if (id === 0) id = Number(this.#rows.insertAnswer.run(key, isProvider).lastInsertRowid)
    const { status, error } = answer
    this.#rows.completeAnswer.run(Date.parse(answer.time), answer.bodyBytes, status, error ?? null, id)
    this.#acknowledgements.takeAnswer(id, answer)
    return id
  }

  #idOf(key: Buffer): number {
    return Number(this.#rows.find.get(key)?.['id'] ?? 0)
  }
}

function valuesOf(request: RequestStatement): SQLInputValue[] {
  const { client, service, method, path, messageId, user, agreement, purpose, time, bodyBytes } = request
  const named = [client, service, method, path, messageId, user ?? null, agreement, purpose ?? null]
  return [...named, Date.parse(time), bodyBytes]
}

interface RowStatements {
  readonly insertRequest: StatementSync
  readonly completeRequest: StatementSync
  readonly insertAnswer: StatementSync
  readonly find: StatementSync
  readonly completeAnswer: StatementSync
  readonly insertHalf: StatementSync
  readonly move: StatementSync
  readonly erase: StatementSync
  readonly lastRecords: StatementSync
  readonly forgetHalves: StatementSync
  readonly forget: StatementSync
}

function prepareRows(database: DatabaseSync): RowStatements {
  return {
    insertRequest: database.prepare(
      `INSERT INTO exchanges (exchange, provider, ${REQUEST_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ` +
        'ON CONFLICT DO NOTHING',
    ),
    completeRequest: database.prepare(
      `UPDATE exchanges SET (${REQUEST_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ` +
        'WHERE exchange = ? AND requested_at = 0 AND erased = 0',
    ),
    insertAnswer: database.prepare(
      'INSERT INTO exchanges (exchange, provider) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    find: database.prepare('SELECT id FROM exchanges WHERE exchange = ?'),
    completeAnswer: database.prepare(
      // A provider that was killed may answer a second time. What it said last is what left its house.
      'UPDATE exchanges SET answered_at = ?, answer_bytes = ?, status = ?, error = ? WHERE id = ?',
    ),
    insertHalf: database.prepare('INSERT OR IGNORE INTO halves VALUES (?, ?, ?, ?)'),
    move: database.prepare('UPDATE place SET record = ?, line = ?'),
    erase: database.prepare(
      'UPDATE exchanges SET erased = 1, path = NULL, message_id = NULL, user = NULL, purpose = NULL WHERE exchange = ?',
    ),
    lastRecords: database.prepare(
      'SELECT id, coalesce(min(record), 0) AS first, coalesce(max(record), 0) AS last FROM ' +
        '(SELECT id FROM exchanges WHERE id > ? ORDER BY id LIMIT ?) LEFT JOIN halves ON halves.exchange = id ' +
        'GROUP BY id ORDER BY id',
    ),
    forgetHalves: database.prepare('DELETE FROM halves WHERE exchange = ?'),
    forget: database.prepare('DELETE FROM exchanges WHERE id = ?'),
  }
}
