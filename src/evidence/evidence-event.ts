import type { LedgerEvent } from '../ledger/ledger.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'

/** What the evidence of a gateway tells. Alarms are marked; everything else is for the log. */
export type EvidenceEvent =
  | LedgerEvent
  /** Alarm: evidence cannot be written, so no exchange may begin, until `reopen`. */
  | { readonly kind: 'evidence_unwritable'; readonly error: WuslaError }
  | { readonly kind: 'evidence_writable' }
  /** A checkpoint could not be made; it is tried again. */
  | { readonly kind: 'checkpoint_failed'; readonly error: WuslaError }
  /** No witness cosigned; exchanges go on, and it is tried again after `retryMs`. */
  | {
      readonly kind: 'cosigning_failed'
      readonly size: number
      readonly retryMs: number
      readonly error?: WuslaError
    }
  | { readonly kind: 'checkpoint_cosigned'; readonly size: number; readonly witnesses: number }
  /** Notes were left out because too many came. */
  | { readonly kind: 'notes_dropped'; readonly count: number }
  /** The index stopped; questions are refused until the evidence is opened again. Evidence itself is not touched. */
  | { readonly kind: 'index_failed'; readonly error: WuslaError }
  | { readonly kind: 'statements_erased'; readonly exchange: string; readonly statements: number }
  | { readonly kind: 'records_removed'; readonly before: number }
