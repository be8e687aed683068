/** Agreements of one proposer that are neither in force nor closed; more are refused. */
export const MAX_OPEN_PROPOSALS = 1_000

/** Closed drafts of one proposer, and closed requests of one consumer, that are kept; older ones are forgotten. */
export const MAX_CLOSED = 1_000

/** Requests of one consumer that nobody has answered; more are refused. */
export const MAX_OPEN_REQUESTS = 1_000

/** The longest signed document. Unit: bytes. */
export const MAX_DOCUMENT_BYTES: number = 8 * 1_048_576
