import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { readAcknowledgementPath } from '../../protocol/acknowledgement.ts'
import type { AnswerStatement } from '../../protocol/statement.ts'
import { AWAITED_NOTE, OVERDUE_NOTE } from '../acknowledgement-notes.ts'
import type { EvidenceNote } from '../record/note-record.ts'
import { ACKNOWLEDGEMENT_STATE } from './acknowledgement-columns.ts'
import { exchangeKey } from './exchange-key.ts'

const { there, awaited, overdue } = ACKNOWLEDGEMENT_STATE

/**
 * What the index knows of acknowledgements, from nothing but the journal: the notes say which are awaited, and the two
 * statements of an acknowledgement that it is there.
 */
export class AcknowledgementRows {
  readonly #makeRow: StatementSync
  readonly #await: StatementSync
  readonly #pass: StatementSync
  readonly #about: StatementSync
  readonly #take: StatementSync

  constructor(database: DatabaseSync) {
    this.#makeRow = database.prepare(
      'INSERT INTO exchanges (exchange, provider) VALUES (?, ?) ON CONFLICT DO NOTHING',
    )
    this.#await = database.prepare(
      `UPDATE exchanges SET acknowledgement = ${awaited} WHERE exchange = ? AND acknowledgement IS NULL`,
    )
    this.#pass = database.prepare(
      `UPDATE exchanges SET acknowledgement = ${overdue} WHERE exchange = ? AND acknowledgement = ${awaited}`,
    )
    this.#about = database.prepare('SELECT path, provider FROM exchanges WHERE id = ?')
    // The first acknowledgement counts: what comes again changes no time.
    this.#take = database.prepare(
      `UPDATE exchanges SET acknowledgement = ${there}, acknowledged_at = ? ` +
        'WHERE exchange = ? AND provider = ? AND acknowledgement > 0',
    )
  }

  takeNote({ kind, exchange, details }: EvidenceNote): void {
    if (exchange === undefined) return
    const key = exchangeKey(exchange)
    if (kind === AWAITED_NOTE) {
      // The answer to a long request may be noted before the request is whole.
      this.#makeRow.run(key, details?.['role'] === 'provider' ? 1 : 0)
      this.#await.run(key)
    }
    if (kind === OVERDUE_NOTE) this.#pass.run(key)
  }

  /** @param id - row of the answered exchange, which may be an acknowledgement of another */
  takeAnswer(id: number, { status, error, time }: AnswerStatement): void {
    if (status !== 204 || error !== undefined) return
    const row = this.#about.get(id)
    const path = row?.['path']
    const about = typeof path === 'string' ? readAcknowledgementPath(path) : undefined
    if (about === undefined) return
    this.#take.run(Date.parse(time), exchangeKey(about.exchange), Number(row?.['provider']))
  }
}
