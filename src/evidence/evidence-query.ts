/** Which exchanges are asked for. Members that are absent do not restrict; all others must hold together. */
export interface ExchangeFilter {
  /** Exchange id. */
  readonly exchange?: string
  /** The caller's own name for the message. */
  readonly messageId?: string
  /** A system, or a member: then all of its systems too. */
  readonly client?: string
  /** A service, or a system or member: then all that lies beneath. */
  readonly service?: string
  readonly user?: string
  /** Requests from this instant on (RFC 3339 UTC with milliseconds). */
  readonly from?: string
  /** Requests before this instant. */
  readonly until?: string
  /** Status of the answer. */
  readonly status?: number
  /** Code with which the provider's gateway answered; `any` for all codes. */
  readonly error?: string
  /** Only exchanges whose answer is missing here: what reconciliation looks at. */
  readonly unanswered?: boolean
  /** Only answered exchanges that need an acknowledgement and have none, whether its time is over or not. */
  readonly unacknowledged?: boolean
  /** Of these only those whose time is not known to be over. */
  readonly awaited?: boolean
  /** Most rows; default 50, range 1 to 500. */
  readonly limit?: number
  /** From the page before. */
  readonly cursor?: string
}

/** One exchange as the index knows it. */
export interface ExchangeRow {
  readonly exchange: string
  /** On which side the holder of the evidence stood. */
  readonly role: 'consumer' | 'provider'
  /**
   * `unanswered`: no answer is recorded here. `unasked`: an answer without its request, which only damage or a
   * retention period explains. `erased`: the statements were erased, their digests stay in the ledger.
   */
  readonly state: 'answered' | 'unanswered' | 'unasked' | 'erased'
  readonly client?: string
  readonly service?: string
  readonly method?: string
  readonly path?: string
  readonly messageId?: string
  readonly user?: string
  /** Content hash of the agreement, or `open`. */
  readonly agreement?: string
  /** Purpose code that the call named. */
  readonly purpose?: string
  readonly requestedAt?: string
  readonly requestBytes?: number
  readonly answeredAt?: string
  readonly answerBytes?: number
  readonly status?: number
  readonly error?: string
  /**
   * Present when the agreement requires an acknowledgement of delivery. `there`: the consumer's gateway acknowledged
   * that its system has the answer; `overdue`: it did not in the agreed time.
   */
  readonly acknowledgement?: 'awaited' | 'there' | 'overdue'
  /** When the provider's gateway took it. */
  readonly acknowledgedAt?: string
}

/** A page of exchanges, newest first. */
export interface ExchangePage {
  readonly rows: readonly ExchangeRow[]
  /** Present when there may be more, also when the page is not full; goes into the next question. */
  readonly cursor?: string
  /** False when the index could not catch up in the time it was given: newer exchanges may be missing. */
  readonly complete: boolean
  /** Records of the journal the index has not seen yet. */
  readonly recordsBehind: number
}

/** Most rows of one page. */
export const MAX_PAGE_ROWS = 500

/** Rows of a page when nothing is asked for. */
export const DEFAULT_PAGE_ROWS = 50
