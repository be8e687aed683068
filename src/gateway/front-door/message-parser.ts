import { MAX_HEADER_LINES } from '../../protocol/limits.ts'
import { HttpSyntaxError } from './http-syntax-error.ts'
import { MAX_INPUT_BYTES, OK, PAUSED, PAUSED_UPGRADE, TOKEN_KINDS } from './llhttp.ts'
import type { Llhttp, TokenSink } from './llhttp.ts'

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

/** Beyond this head tokens come from a trailer or from an attack; either way they are not kept. */
const MAX_TOKENS = MAX_HEADER_LINES * 2 + 2

/** Reads the messages of one connection, one at a time. Bytes in, facts out: it touches no socket. */
export class MessageParser implements TokenSink {
  readonly #llhttp: Llhttp
  readonly #parser: number
  readonly #isRequest: boolean
  readonly #maxHeadBytes: number
  /** Kind, begin and length of each token of the present bytes. */
  readonly #tokens: number[] = []
  /** Tokens of earlier bytes of the same head. */
  #earlier: Token[] = []
  #headBytes = 0
  #wireBytes = 0
  #bodyBytes = 0
  #isInBody = false
  #isOver = false
  #pausedBy = OK
  #bytes: Buffer = Buffer.alloc(0)
  #hasHead = false
  #status = 0
  #keepsAlive = false
  #runs: Buffer[] = []
  /** Set for answers to HEAD: whatever the headers say, no body follows. */
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
    this.#begin(bytes.length > MAX_INPUT_BYTES ? bytes.subarray(0, MAX_INPUT_BYTES) : bytes)
    const input = this.#bytes
    let result = this.#llhttp.execute(this.#parser, input, this)
    if (result === PAUSED_UPGRADE) {
      // The last message offered to change the protocol; nobody took the offer, so HTTP goes on.
      this.#llhttp.resume(this.#parser, result)
      result = this.#llhttp.execute(this.#parser, input, this)
    }
    if (result !== OK && result !== PAUSED) throw new HttpSyntaxError(this.#llhttp.nameOf(result))
    const consumed = result === PAUSED ? this.#llhttp.stoppedAt(this.#parser) : input.length
    return this.#end(consumed, result)
  }

  /**
   * The connection has ended. Completes a message that lasts until then.
   *
   * @throws HttpSyntaxError if a message broke off
   */
  finish(): boolean {
    this.#begin(Buffer.alloc(0))
    const result = this.#llhttp.finish(this.#parser, this)
    if (result !== OK && result !== PAUSED) throw new HttpSyntaxError(this.#llhttp.nameOf(result))
    return this.#isOver
  }

  /** Gives the memory back. The parser must not be used any more. */
  free(): void {
    this.#llhttp.free(this.#parser)
  }

  onToken(kind: number, at: number, length: number): void {
    if (this.#isInBody || this.#tokens.length > 3 * MAX_TOKENS) return
    this.#tokens.push(kind, at, length)
  }

  onHeadersComplete(status: number, keepsAlive: boolean): 0 | 1 {
    this.#isInBody = true
    this.#hasHead = true
    this.#status = status
    this.#keepsAlive = keepsAlive
    return this.isBodiless ? 1 : 0
  }

  onBody(at: number, length: number): void {
    this.#bodyBytes += length
    this.#runs.push(this.#bytes.subarray(at, at + length))
  }

  onMessageComplete(): void {
    this.#isOver = true
  }

  #begin(bytes: Buffer): void {
    if (this.#pausedBy !== OK) {
      this.#llhttp.resume(this.#parser, this.#pausedBy)
      this.#pausedBy = OK
    }
    if (this.#isOver) {
      this.#isOver = false
      this.#isInBody = false
      this.#headBytes = 0
      this.#wireBytes = 0
      this.#bodyBytes = 0
    }
    this.#bytes = bytes
    this.#hasHead = false
    this.#runs = []
    this.#tokens.length = 0
  }

  #end(consumed: number, result: number): MessageStep {
    this.#pausedBy = result
    const head = this.#hasHead ? this.#readHead() : undefined
    if (this.#isInBody) {
      this.#wireBytes += consumed
      if (this.#wireBytes > this.#maxHeadBytes + FRAMING_BYTES + FRAMING_FACTOR * this.#bodyBytes) {
        throw new HttpSyntaxError('HPE_FRAMING_OVERFLOW')
      }
    } else {
      this.#headBytes += consumed
      if (this.#headBytes > this.#maxHeadBytes) throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
      this.#putAside()
    }
    return { consumed, head, runs: this.#runs, isComplete: this.#isOver }
  }

  /** Keeps what is known of a head whose rest has not come: its bytes are not ours to keep. */
  #putAside(): void {
    const tokens = this.#tokens
    for (let i = 0; i < tokens.length; i += 3) {
      const kind = tokens[i] ?? 0
      const at = tokens[i + 1] ?? 0
      const text = this.#bytes.toString('latin1', at, at + (tokens[i + 2] ?? 0))
      const last = this.#earlier.at(-1)
      if (i === 0 && last?.kind === kind) last.text += text
      else this.#earlier.push({ kind, text })
    }
    tokens.length = 0
  }

  #readHead(): MessageHead {
    const version = this.#llhttp.versionOf(this.#parser)
    if (version !== 10 && version !== 11) throw new HttpSyntaxError('HPE_INVALID_VERSION')
    const tokens = this.#tokens
    const headEnd = (tokens.at(-2) ?? 0) + (tokens.at(-1) ?? 0)
    if (this.#headBytes + headEnd > this.#maxHeadBytes) throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
    const rawHeaders: string[] = []
    const first = this.#earlier.length === 0 ? this.#readHere(rawHeaders) : this.#readTogether(rawHeaders)
    if (rawHeaders.length > 2 * MAX_HEADER_LINES) throw new HttpSyntaxError('HPE_HEADER_OVERFLOW')
    return {
      method: this.#isRequest ? this.#llhttp.methodOf(this.#parser) : '',
      target: this.#isRequest ? first : '',
      status: this.#status,
      reason: this.#isRequest ? '' : first,
      minor: version === 11 ? 1 : 0,
      rawHeaders,
      keepsAlive: this.#keepsAlive,
    }
  }

  /** A head that came in one piece: one text, cut at the tokens. Returns the target or reason. */
  #readHere(rawHeaders: string[]): string {
    const tokens = this.#tokens
    const base = tokens[1] ?? 0
    const end = (tokens.at(-2) ?? 0) + (tokens.at(-1) ?? 0)
    const text = this.#bytes.toString('latin1', base, end)
    let first = ''
    for (let i = 0; i < tokens.length; i += 3) {
      const at = (tokens[i + 1] ?? 0) - base
      const token = text.slice(at, at + (tokens[i + 2] ?? 0))
      if (tokens[i] === TOKEN_KINDS.value) rawHeaders.push(withoutTail(token))
      else if (tokens[i] === TOKEN_KINDS.name) rawHeaders.push(token)
      else first = token
    }
    return first
  }

  #readTogether(rawHeaders: string[]): string {
    this.#putAside()
    let first = ''
    for (const { kind, text } of this.#earlier) {
      if (kind === TOKEN_KINDS.value) rawHeaders.push(withoutTail(text))
      else if (kind === TOKEN_KINDS.name) rawHeaders.push(text)
      else first = text
    }
    this.#earlier = []
    return first
  }
}

/** Blanks behind a value are no part of it (RFC 9110, 5.5). */
function withoutTail(value: string): string {
  let end = value.length
  while (end > 0 && (value.charCodeAt(end - 1) === 0x20 || value.charCodeAt(end - 1) === 0x09)) end -= 1
  return end === value.length ? value : value.slice(0, end)
}
