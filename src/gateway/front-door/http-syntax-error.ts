/**
 * Bytes that are not HTTP/1.1 in its strict form, or more of them than a message may have. The connection they came
 * from cannot be used any more.
 */
export class HttpSyntaxError extends Error {
  /** The parser's name of the mistake, for example `HPE_INVALID_CONTENT_LENGTH`. */
  readonly reason: string

  constructor(reason: string) {
    super(`Malformed HTTP: ${reason}`)
    this.name = 'HttpSyntaxError'
    this.reason = reason
  }
}
