/** Who has to act: the calling system, the consumer's or provider's side, the network between, or an operator. */
export type Fault = 'client' | 'consumer' | 'provider' | 'network' | 'operator'

/** How X-Road names the same failure (the full type is `prefix.code`). */
export interface XroadName {
  readonly prefix: 'client' | 'server.clientproxy' | 'server.serverproxy' | 'signer'
  /** The code from X-Road 7.8 on. */
  readonly code: string
  /** The code up to X-Road 7.7. */
  readonly oldCode: string
}

/** One row of the table of errors. */
export interface ErrorRow {
  /** What happened, in one sentence; also the default message. */
  readonly meaning: string
  /** How to solve it, and who can. */
  readonly remedy: string
  readonly fault: Fault
  /** Whether the same idempotent call may be made again as it is, with a chance of success. */
  readonly mayRetry: boolean
  /** The status of our own APIs. The X-Road door has its own rule: see `xroad-error.ts`. */
  readonly httpStatus: number
  readonly xroad: XroadName
  /** Whether a peer may see this code; otherwise it sees `peerCode`. */
  readonly peerSees: boolean
}
