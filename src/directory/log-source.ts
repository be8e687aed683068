/** A resource of the log as it is served. */
export interface LogBytes {
  readonly bytes: Buffer
  readonly contentType: string
  /** True: the bytes under this path never change. */
  readonly immutable: boolean
}

/** Where a log is served from: the registry's own ledger, or what a follower holds of it. */
export interface LogSource {
  /** The newest checkpoint and its size; undefined as long as there is none. */
  checkpoint(): { readonly note: string; readonly size: number } | undefined
  /** Resolves when the newest checkpoint is larger than `size`, or when the signal says to stop waiting. */
  waitBeyond(size: number, signal: AbortSignal): Promise<void>
  /** A hash tile or an entry bundle by its path (`tile/…`). */
  tile(path: string): Promise<LogBytes | undefined>
  /** Entries `from` to `to` (left out). */
  entries(from: number, to: number): Promise<readonly Uint8Array[]>
}
