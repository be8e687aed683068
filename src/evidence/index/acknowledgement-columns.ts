import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { formatTime } from '../../protocol/clock.ts'
import type { ExchangeRow } from '../evidence-query.ts'
import { exchangeKey } from './exchange-key.ts'

/** Of a row, what says how its acknowledgement stands. */
export type AcknowledgementColumns = Pick<ExchangeRow, 'acknowledgement' | 'acknowledgedAt'>

/** Values of the column `acknowledgement`; NULL: none is required. Above 0: it is missing. */
export const ACKNOWLEDGEMENT_STATE = Object.freeze({ there: 0, awaited: 1, overdue: 2 } as const)

const NAMES = Object.freeze(['there', 'awaited', 'overdue'] as const)

/** How the acknowledgement of an exchange stands, from its row. */
export function acknowledgementColumns(row: Record<string, SQLOutputValue>): AcknowledgementColumns {
  const { acknowledgement: state, acknowledged_at: at } = row
  const acknowledgement = typeof state === 'number' ? NAMES[state] : undefined
  if (acknowledgement === undefined) return {}
  return typeof at === 'number' ? { acknowledgement, acknowledgedAt: formatTime(at) } : { acknowledgement }
}

/** The same of one exchange by its name. */
export function acknowledgementOf(database: DatabaseSync, exchange: string): AcknowledgementColumns {
  const row = database
    .prepare('SELECT acknowledgement, acknowledged_at FROM exchanges WHERE exchange = ?')
    .get(exchangeKey(exchange))
  return row === undefined ? {} : acknowledgementColumns(row)
}
