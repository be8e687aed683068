/** Bounds of a listener. A client beyond them loses its own connection and nobody else's. */
export interface ServerLimits {
  /** Largest head in bytes, request line included. Default 65,536. */
  readonly maxHeadBytes: number
  /** Time for a whole head, in milliseconds. Default 30,000. */
  readonly headTimeoutMs: number
  /** How long a connection may wait between two requests, in milliseconds. Default 65,000. */
  readonly idleTimeoutMs: number
  /**
   * How long a client may send nothing of a body we wait for, or take nothing of an answer, in milliseconds.
   * Default 120,000.
   */
  readonly stallTimeoutMs: number
  /** Connections per listener; more are closed at once. Default 8,192. */
  readonly maxConnections: number
  /** Calls under way at the whole door; more are answered `too_many_requests`. Default 4,096. */
  readonly maxCalls: number
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = Object.freeze({
  maxHeadBytes: 65_536,
  headTimeoutMs: 30_000,
  idleTimeoutMs: 65_000,
  stallTimeoutMs: 120_000,
  maxConnections: 8_192,
  maxCalls: 4_096,
})
