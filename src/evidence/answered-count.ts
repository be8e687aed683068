/** What is counted: requests from an instant on and before another (RFC 3339 UTC with milliseconds); absent: all. */
export interface CountedPeriod {
  readonly from?: string
  readonly until?: string
  /** From the part before. */
  readonly cursor?: string
}

/** Requests of this side's systems that the service answered with a status below 400. */
export interface AnsweredCount {
  /** Content hash of the agreement, or `open`. */
  readonly agreement: string
  readonly service: string
  readonly answered: number
}

/** A part of a count. Parts are added up. */
export interface CountedPart {
  readonly counts: readonly AnsweredCount[]
  /** Present when there is more; goes into the next question. */
  readonly cursor?: string
  /** False when the index could not catch up in the time it was given: newer exchanges may be missing. */
  readonly complete: boolean
  /** Records of the journal the index has not seen yet. */
  readonly recordsBehind: number
  /** True when records were removed at the end of their retention: older exchanges are not counted. */
  readonly hasRemoved: boolean
}
