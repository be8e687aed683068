import { HttpSyntaxError } from './http-syntax-error.ts'
import { MAX_INPUT_BYTES, NAME, OK, PAUSED, PAUSED_UPGRADE, VALUE } from './llhttp.ts'
import type { Llhttp } from './llhttp.ts'

/** The head of a message. Texts are byte strings: one character per byte. */
export interface MessageHead {
  /** Request: the method. */
  readonly method: string
  /** Request: the target as sent. */
  readonly target: string
  /** Answer: the status. */
  readonly status: number
  /** Answer: the reason phrase, often empty. */
  readonly reason: string
  /** HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[]
  /** Whether the connection may carry another message after this one. */
  readonly keepsAlive: boolean
}

/** What a run of bytes brought. */
export interface MessageStep {
  /** How many of the bytes belong to this message; what follows is the next one's. */
  readonly consumed: number
  /** The head, if its end was among the bytes. */
  readonly head: MessageHead | undefined
  /** Bytes of the body, as views of the bytes given. */
  readonly runs: readonly Buffer[]
  /** Whether the message ended with these bytes. */
  readonly isComplete: boolean
}

/** The texts of a head: the target or the reason, and the headers. */
interface HeadTexts {
  readonly first: string
  readonly rawHeaders: readonly string[]
}

/**
 * The header lines of the last head that came in one piece. The same bytes at the same place of a head are the same headers, so
 * that a peer that repeats them gets the list that was made of them before.
 */
interface ReadLines {
  readonly lines: string
  /** How many numbers the parser noted of them. */
  readonly count: number
  readonly rawHeaders: readonly string[]
}

/** Longer heads are not remembered, in bytes: every connection may hold one. */
const MAX_REMEMBERED = 2_048

/** A text that the next bytes may continue. */
interface Token {
  readonly kind: number
  text: string
}

/**
 * Framing may cost this many bytes plus sixteen times the body: one-byte chunks pass, endless chunk extensions and
 * trailers do not. (llhttp counts neither.)
 */
const FRAMING_BYTES = 65_536
const FRAMING_FACTOR = 16

const NO_RUNS: readonly Buffer[] = Object.freeze([])

/** Reads the messages of one connection, one at a time. Bytes in, facts out: it touches no socket. */
export class MessageParser {
  readonly #llhttp: Llhttp
  readonly #parser: number
  readonly #isRequest: boolean
  readonly #maxHeadBytes: number
  /** Tokens of earlier bytes of the same head. */
  #earlier: Token[] = []
  #headBytes = 0
  #wireBytes = 0
  #bodyBytes = 0
  #lastLines: ReadLines | undefined
  #isPastHead = false
  #pausedBy = OK
  /** To be set before the answer to a HEAD: whatever its headers say, it has no body. */
  isBodiless = false

  constructor(llhttp: Llhttp, kind: 'request' | 'answer', maxHeadBytes: number) {
    this.#llhttp = llhttp
    this.#isRequest = kind === 'request'
    this.#parser = llhttp.allocate(kind)
    this.#maxHeadBytes = maxHeadBytes
  }

  /**
   * Reads until the bytes or the message end.
   *
   * @throws HttpSyntaxError
   */
  execute(bytes: Buffer): MessageStep {
    const input = bytes.length > MAX_INPUT_BYTES ? bytes.subarray(0, MAX_INPUT_BYTES) : bytes
    this.#resume()
    let result = this.#run(input)
    if (result === PAUSED_UPGRADE) {
      // The last message offered to change the protocol; nobody took the offer, so HTTP goes on.
      this.#llhttp.resume(this.#parser, result)
      result = this.#run(input)
    }
    if (result !== OK && result !== PAUSED) throw new HttpSyntaxError(this.#llhttp.nameOf(result))
    this.#pausedBy = result
    const consumed = result === PAUSED ? this.#llhttp.stoppedAt(this.#parser) : input.length
    return this.#report(input, consumed)
  }

  /**
   * The connection has ended. Returns whether a message that lasts until then is complete now.
   *
   * @throws HttpSyntaxError if a message broke off
   */
  finish(): boolean {
    this.#resume()
    const result = this.#llhttp.finish(this.#parser)
    if (result !== OK && result !== PAUSED) throw new HttpSyntaxError(this.#llhttp.nameOf(result))
    return this.#llhttp.notes.isComplete
  }

  /** Gives the memory back. The parser must not be used any more. */
  free(): void {
    this.#llhttp.free(this.#parser)
  }

  #resume(): void {
    if (this.#pausedBy === OK) return
    this.#llhttp.resume(this.#parser, this.#pausedBy)
    this.#pausedBy = OK
  }

  #run(input: Buffer): number {
    return this.#llhttp.execute(this.#parser, input, this.#isPastHead, this.isBodiless)
  }

  #report(input: Buffer, consumed: number): MessageStep {
    const { hasHead, isComplete, runs } = this.#llhttp.notes
    const head = hasHead ? this.#readHead(input) : undefined
    if (hasHead) this.#isPastHead = true
    if (!this.#isPastHead) {
      this.#headBytes += consumed
      if (this.#headBytes > this.#maxHeadBytes) throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
      this.#putAside(input)
      return { consumed, head, runs: NO_RUNS, isComplete }
    }
    const views = runs.length === 0 ? NO_RUNS : this.#viewRuns(input, runs)
    this.#wireBytes += consumed
    if (this.#wireBytes > this.#maxHeadBytes + FRAMING_BYTES + FRAMING_FACTOR * this.#bodyBytes) {
      throw new HttpSyntaxError('HPE_FRAMING_OVERFLOW')
    }
    if (isComplete) {
      this.#isPastHead = false
      this.#headBytes = 0
      this.#wireBytes = 0
      this.#bodyBytes = 0
    }
    return { consumed, head, runs: views, isComplete }
  }

  #viewRuns(input: Buffer, runs: readonly number[]): Buffer[] {
    const views: Buffer[] = []
    for (let i = 0; i < runs.length; i += 2) {
      const at = runs[i] ?? 0
      const length = runs[i + 1] ?? 0
      this.#bodyBytes += length
      views.push(input.subarray(at, at + length))
    }
    return views
  }

  /** Keeps what is known of a head whose rest has not come: its bytes are not ours to keep. */
  #putAside(input: Buffer): void {
    const { tokens, tokenEnd, isOverfull } = this.#llhttp.notes
    if (isOverfull || this.#earlier.length * 3 + tokenEnd > tokens.length) {
      throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
    }
    for (let i = 0; i < tokenEnd; i += 3) {
      const kind = tokens[i] ?? 0
      const at = tokens[i + 1] ?? 0
      const text = input.toString('latin1', at, at + (tokens[i + 2] ?? 0))
      const last = this.#earlier.at(-1)
      if (i === 0 && last?.kind === kind) last.text += text
      else this.#earlier.push({ kind, text })
    }
  }

  #readHead(input: Buffer): MessageHead {
    const { tokens, tokenEnd, isOverfull, status, keepsAlive } = this.#llhttp.notes
    const headEnd = tokenEnd === 0 ? 0 : (tokens[tokenEnd - 2] ?? 0) + (tokens[tokenEnd - 1] ?? 0)
    if (isOverfull || this.#headBytes + headEnd > this.#maxHeadBytes) {
      throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
    }
    const version = this.#llhttp.versionOf(this.#parser)
    if (version !== 10 && version !== 11) throw new HttpSyntaxError('HPE_INVALID_VERSION')
    const { first, rawHeaders } =
      this.#earlier.length === 0 ? this.#readHere(input, headEnd) : this.#readTogether(input)
    return {
      method: this.#isRequest ? this.#llhttp.methodOf(this.#parser) : '',
      target: this.#isRequest ? first : '',
      status,
      reason: this.#isRequest ? '' : first,
      minor: version === 11 ? 1 : 0,
      rawHeaders,
      keepsAlive,
    }
  }

  /** A head that came in one piece: one text, cut at the tokens. */
  #readHere(input: Buffer, headEnd: number): HeadTexts {
    const { tokens, tokenEnd } = this.#llhttp.notes
    const base = tokenEnd === 0 ? 0 : (tokens[1] ?? 0)
    const text = input.toString('latin1', base, headEnd)
    let first = ''
    let at = 0
    for (; at < tokenEnd && tokens[at] !== NAME; at += 3) first = cut(text, base, tokens, at)
    const lines = at === tokenEnd ? '' : text.slice((tokens[at + 1] ?? 0) - base)
    const count = tokenEnd - at
    const last = this.#lastLines
    if (last !== undefined && last.count === count && last.lines === lines)
      return { first, rawHeaders: last.rawHeaders }
    const rawHeaders: string[] = []
    for (; at < tokenEnd; at += 3) {
      const token = cut(text, base, tokens, at)
      rawHeaders.push(tokens[at] === VALUE ? withoutTail(token) : token)
    }
    if (text.length <= MAX_REMEMBERED) this.#lastLines = { lines, count, rawHeaders }
    return { first, rawHeaders }
  }

  #readTogether(input: Buffer): HeadTexts {
    this.#putAside(input)
    const rawHeaders: string[] = []
    let first = ''
    for (const { kind, text } of this.#earlier) {
      if (kind === VALUE) rawHeaders.push(withoutTail(text))
      else if (kind === NAME) rawHeaders.push(text)
      else first = text
    }
    this.#earlier = []
    return { first, rawHeaders }
  }
}

/** The text of one token. */
function cut(text: string, base: number, tokens: Int32Array, at: number): string {
  const begin = (tokens[at + 1] ?? 0) - base
  return text.slice(begin, begin + (tokens[at + 2] ?? 0))
}

/** Blanks behind a value are no part of it (RFC 9110, 5.5). */
function withoutTail(value: string): string {
  let end = value.length
  while (end > 0 && (value.charCodeAt(end - 1) === 0x20 || value.charCodeAt(end - 1) === 0x09)) end -= 1
  return end === value.length ? value : value.slice(0, end)
}
