import { DROPPED_REQUEST_HEADERS, formatHeaderBlock } from '../../protocol/head.ts'
import { readRequestHeaders } from './request-headers.ts'
import type { RequestHeaders } from './request-headers.ts'

/**
 * The headers of a request and what is read in them. Programs repeat their headers from call to call: a connection keeps this
 * for as long as its client does, and nothing is read twice.
 */
export class CallHeaders {
  /** Names and values in turn, as sent. */
  readonly raw: readonly string[]
  readonly minor: 0 | 1
  /** Value of `Host`; empty if there was none. */
  readonly host: string
  /** What `Content-Length` says. */
  readonly length: number | undefined
  /** Whether the client waits for `100 Continue`. */
  readonly isExpecting: boolean
  readonly #read: { r1?: RequestHeaders; mapped?: RequestHeaders } = {}
  readonly #lines: { r1?: string; mapped?: string } = {}

  constructor(raw: readonly string[], minor: 0 | 1) {
    let host = ''
    let length: number | undefined
    let isExpecting = false
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] ?? ''
      // The lengths of the three names; no other header has to be looked at here.
      if (name.length !== 4 && name.length !== 6 && name.length !== 14) continue
      const lower = name.toLowerCase()
      if (lower === 'host') host = raw[i + 1] ?? ''
      else if (lower === 'content-length') length = Number(raw[i + 1])
      else if (lower === 'expect' && minor === 1) isExpecting = true
    }
    this.raw = raw
    this.minor = minor
    this.host = host
    this.length = length
    this.isExpecting = isExpecting
  }

  /** {@link readRequestHeaders}. @throws WuslaError `invalid_request` */
  read(origin: 'r1' | 'mapped'): RequestHeaders {
    return (this.#read[origin] ??= readRequestHeaders(this.raw, this.minor, origin))
  }

  /** What travels on, as lines of a header block. @throws WuslaError `invalid_request` */
  lines(origin: 'r1' | 'mapped'): string {
    return (this.#lines[origin] ??= formatHeaderBlock(this.read(origin).kept, DROPPED_REQUEST_HEADERS, []))
  }
}
