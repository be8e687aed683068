import llhttpBytes from 'undici/lib/llhttp/llhttp_simd-wasm.js'

/** The functions of the module that are used here. Pointers and lengths are numbers. */
interface LlhttpExports {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  malloc(bytes: number): number
  llhttp_alloc(type: number): number
  llhttp_free(parser: number): void
  llhttp_execute(parser: number, data: number, length: number): number
  llhttp_finish(parser: number): number
  llhttp_resume(parser: number): void
  llhttp_resume_after_upgrade(parser: number): void
  llhttp_get_error_pos(parser: number): number
  llhttp_errno_name(error: number): number
  llhttp_get_method(parser: number): number
  llhttp_method_name(method: number): number
  llhttp_get_http_major(parser: number): number
  llhttp_get_http_minor(parser: number): number
}

/** What a run of bytes is. */
export const TOKEN_KINDS = Object.freeze({ target: 0, reason: 1, name: 2, value: 3 })

/**
 * Told what the parser finds while it reads; `at` counts from the first byte given to it. Must only take notes: an
 * exception here would leave the WebAssembly stack where it is, and another call into the parser would mix two inputs.
 */
export interface TokenSink {
  onToken(kind: number, at: number, length: number): void
  /** @returns 1 if the message has no body whatever its headers say, else 0 */
  onHeadersComplete(status: number, keepsAlive: boolean): 0 | 1
  onBody(at: number, length: number): void
  onMessageComplete(): void
}

/** Results of {@link Llhttp.execute}; any other is a mistake in the bytes. */
export const OK = 0
export const PAUSED = 21
export const PAUSED_UPGRADE = 22

/** Longest input of one call, in bytes. */
export const MAX_INPUT_BYTES = 65_536

const REQUEST = 1
const ANSWER = 2

const NOBODY: TokenSink = {
  onToken: () => undefined,
  onHeadersComplete: () => 0,
  onBody: () => undefined,
  onMessageComplete: () => undefined,
}

/**
 * llhttp, the parser inside Node.js and undici, compiled to WebAssembly, in strict mode: not one lenient flag is set.
 * One instance serves all connections of a door; it reads one input at a time, and what it reports is only noted while
 * it runs, so nothing can call into it from below.
 */
export class Llhttp {
  readonly #exports: LlhttpExports
  readonly #input: number
  #view: Uint8Array
  #sink: TokenSink = NOBODY

  constructor() {
    const note =
      (kind: number) =>
      (_parser: number, at: number, length: number): number => {
        this.#sink.onToken(kind, at - this.#input, length)
        return 0
      }
    const env = {
      wasm_on_message_begin: () => 0,
      wasm_on_url: note(TOKEN_KINDS.target),
      wasm_on_status: note(TOKEN_KINDS.reason),
      wasm_on_header_field: note(TOKEN_KINDS.name),
      wasm_on_header_value: note(TOKEN_KINDS.value),
      wasm_on_headers_complete: (_parser: number, status: number, _upgrade: number, keepAlive: number) =>
        this.#sink.onHeadersComplete(status, keepAlive === 1),
      wasm_on_body: (_parser: number, at: number, length: number) => {
        this.#sink.onBody(at - this.#input, length)
        return 0
      },
      // Each message ends the run: what follows is another request, to be looked at when this one is answered.
      wasm_on_message_complete: () => {
        this.#sink.onMessageComplete()
        return PAUSED
      },
    }
    const instance = new WebAssembly.Instance(new WebAssembly.Module(llhttpBytes), { env })
    this.#exports = instance.exports as unknown as LlhttpExports
    this.#exports._initialize()
    this.#input = this.#exports.malloc(MAX_INPUT_BYTES)
    this.#view = this.#viewInput()
  }

  /** A new parser for requests or answers; to be freed by {@link free}. */
  allocate(kind: 'request' | 'answer'): number {
    return this.#exports.llhttp_alloc(kind === 'request' ? REQUEST : ANSWER)
  }

  free(parser: number): void {
    this.#exports.llhttp_free(parser)
  }

  /** Reads bytes, at most {@link MAX_INPUT_BYTES}, and reports to `sink`. */
  execute(parser: number, bytes: Uint8Array, sink: TokenSink): number {
    // A new parser may have made the memory grow, and then the old view is of nothing.
    if (this.#view.byteLength === 0) this.#view = this.#viewInput()
    this.#view.set(bytes)
    this.#sink = sink
    try {
      return this.#exports.llhttp_execute(parser, this.#input, bytes.length)
    } finally {
      this.#sink = NOBODY
    }
  }

  /** Tells a parser that no byte follows. */
  finish(parser: number, sink: TokenSink): number {
    this.#sink = sink
    try {
      return this.#exports.llhttp_finish(parser)
    } finally {
      this.#sink = NOBODY
    }
  }

  /** How many bytes of the last input were read before the parser stopped. */
  stoppedAt(parser: number): number {
    return this.#exports.llhttp_get_error_pos(parser) - this.#input
  }

  /** Lets a parser go on after {@link PAUSED} or {@link PAUSED_UPGRADE}. */
  resume(parser: number, result: number): void {
    if (result === PAUSED) this.#exports.llhttp_resume(parser)
    else this.#exports.llhttp_resume_after_upgrade(parser)
  }

  methodOf(parser: number): string {
    return this.#text(this.#exports.llhttp_method_name(this.#exports.llhttp_get_method(parser)))
  }

  /** 10 for HTTP/1.0, 11 for HTTP/1.1. */
  versionOf(parser: number): number {
    return this.#exports.llhttp_get_http_major(parser) * 10 + this.#exports.llhttp_get_http_minor(parser)
  }

  /** Name of a mistake. */
  nameOf(result: number): string {
    return this.#text(this.#exports.llhttp_errno_name(result))
  }

  #viewInput(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, this.#input, MAX_INPUT_BYTES)
  }

  #text(pointer: number): string {
    const memory = new Uint8Array(this.#exports.memory.buffer)
    return Buffer.from(memory.subarray(pointer, memory.indexOf(0, pointer))).toString('latin1')
  }
}
