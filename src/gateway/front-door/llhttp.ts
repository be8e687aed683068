import llhttpBytes from 'undici/lib/llhttp/llhttp_simd-wasm.js'
import { MAX_HEADER_LINES } from '../../protocol/limits.ts'

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
export const TARGET = 0
export const REASON = 1
export const NAME = 2
export const VALUE = 3

/** Most tokens of a head that are noted: a first line and 256 headers. More is told by {@link Notes.isOverfull}. */
const MAX_TOKENS = 2 + 2 * MAX_HEADER_LINES

/**
 * What the parser found in one input. The parser only takes notes while it runs: an exception thrown into it would
 * leave the WebAssembly stack where it is, and another call would mix two inputs. Positions count from the first byte.
 */
export interface Notes {
  /** Kind, begin and length of each token of a head, in turn. */
  readonly tokens: Int32Array
  /** How many numbers of `tokens` are in use. */
  tokenEnd: number
  isOverfull: boolean
  /** Begin and length of each run of a body, in turn. */
  readonly runs: number[]
  hasHead: boolean
  status: number
  keepsAlive: boolean
  isComplete: boolean
}

/** Results of {@link Llhttp.execute}; any other is a mistake in the bytes. */
export const OK = 0
export const PAUSED = 21
export const PAUSED_UPGRADE = 22

/** Longest input of one call, in bytes. */
export const MAX_INPUT_BYTES = 65_536

const REQUEST = 1
const ANSWER = 2

/**
 * llhttp, the parser inside Node.js and undici, compiled to WebAssembly, in strict mode: not one lenient flag is set.
 * One instance serves all connections of a door, one input after the other.
 */
export class Llhttp {
  /** What the last input brought; the next one overwrites it. */
  readonly notes: Notes = {
    tokens: new Int32Array(3 * MAX_TOKENS),
    tokenEnd: 0,
    isOverfull: false,
    runs: [],
    hasHead: false,
    status: 0,
    keepsAlive: false,
    isComplete: false,
  }
  readonly #exports: LlhttpExports
  readonly #input: number
  #view: Uint8Array
  /** Whether the present message is past its head: tokens then belong to a trailer, which is dropped. */
  #isPastHead = false
  #isBodiless = false
  readonly #methods = new Map<number, string>()

  constructor() {
    const env = this.#callbacks()
    const instance = new WebAssembly.Instance(new WebAssembly.Module(llhttpBytes), { env })
    this.#exports = instance.exports as unknown as LlhttpExports
    this.#exports._initialize()
    this.#input = this.#exports.malloc(MAX_INPUT_BYTES)
    this.#view = this.#viewInput()
  }

  /** Memory of the module, in bytes. It never shrinks. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength
  }

  /** A new parser for requests or answers; to be freed by {@link free}. */
  allocate(kind: 'request' | 'answer'): number {
    return this.#exports.llhttp_alloc(kind === 'request' ? REQUEST : ANSWER)
  }

  free(parser: number): void {
    this.#exports.llhttp_free(parser)
  }

  /**
   * Reads bytes, at most {@link MAX_INPUT_BYTES}, into {@link notes}.
   *
   * @param isPastHead - whether the head of this parser's message is read already
   * @param isBodiless - whether the message has no body whatever its headers say
   */
  execute(parser: number, bytes: Uint8Array, isPastHead: boolean, isBodiless: boolean): number {
    this.#begin(isPastHead, isBodiless)
    // A new parser may have made the memory grow, and then the old view is of nothing.
    if (this.#view.byteLength === 0) this.#view = this.#viewInput()
    this.#view.set(bytes)
    return this.#exports.llhttp_execute(parser, this.#input, bytes.length)
  }

  /** Tells a parser that no byte follows. */
  finish(parser: number): number {
    this.#begin(true, false)
    return this.#exports.llhttp_finish(parser)
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
    const number = this.#exports.llhttp_get_method(parser)
    const known = this.#methods.get(number)
    if (known !== undefined) return known
    const name = this.#text(this.#exports.llhttp_method_name(number))
    this.#methods.set(number, name)
    return name
  }

  /** 10 for HTTP/1.0, 11 for HTTP/1.1. */
  versionOf(parser: number): number {
    return this.#exports.llhttp_get_http_major(parser) * 10 + this.#exports.llhttp_get_http_minor(parser)
  }

  /** Name of a mistake. */
  nameOf(result: number): string {
    return this.#text(this.#exports.llhttp_errno_name(result))
  }

  #begin(isPastHead: boolean, isBodiless: boolean): void {
    const { notes } = this
    notes.tokenEnd = 0
    notes.isOverfull = false
    notes.hasHead = false
    notes.isComplete = false
    if (notes.runs.length > 0) notes.runs.length = 0
    this.#isPastHead = isPastHead
    this.#isBodiless = isBodiless
  }

  #callbacks(): Record<string, (parser: number, a: number, b: number, c: number) => number> {
    const { notes } = this
    const { tokens } = notes
    const note = (kind: number, at: number, length: number): number => {
      const end = notes.tokenEnd
      if (this.#isPastHead) return 0
      if (end + 2 < tokens.length) {
        tokens[end] = kind
        tokens[end + 1] = at - this.#input
        tokens[end + 2] = length
        notes.tokenEnd = end + 3
      } else {
        notes.isOverfull = true
      }
      return 0
    }
    return {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (_parser, at, length) => note(TARGET, at, length),
      wasm_on_status: (_parser, at, length) => note(REASON, at, length),
      wasm_on_header_field: (_parser, at, length) => note(NAME, at, length),
      wasm_on_header_value: (_parser, at, length) => note(VALUE, at, length),
      wasm_on_headers_complete: (_parser, status, _upgrade, keepsAlive) => {
        this.#isPastHead = true
        notes.hasHead = true
        notes.status = status
        notes.keepsAlive = keepsAlive === 1
        return this.#isBodiless ? 1 : 0
      },
      wasm_on_body: (_parser, at, length) => {
        notes.runs.push(at - this.#input, length)
        return 0
      },
      // Each message ends the run: what follows is another one, to be looked at when this one is done with.
      wasm_on_message_complete: () => {
        notes.isComplete = true
        return PAUSED
      },
    }
  }

  #viewInput(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, this.#input, MAX_INPUT_BYTES)
  }

  #text(pointer: number): string {
    const memory = new Uint8Array(this.#exports.memory.buffer)
    return Buffer.from(memory.subarray(pointer, memory.indexOf(0, pointer))).toString('latin1')
  }
}
