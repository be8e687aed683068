import {
  PDFContext,
  type PDFName,
  type PDFDict,
  type PDFObject,
  PDFObjectParser,
  type PDFRef,
} from '@cantoo/pdf-lib'
import { need, Refusal } from './refusal.ts'

type Bytes = ConstructorParameters<typeof PDFObjectParser>[0]

/**
 * Reads single objects with the library's parser, and refuses everything that two readers might read differently: a key twice in
 * one dictionary, a comment, a stream whose length is not said or not true.
 */
export class ObjectReader extends PDFObjectParser {
  readonly #keys: Set<PDFName>[] = []
  #nameIsValue = false

  constructor(bytes: Uint8Array, context = PDFContext.create()) {
    super(bytesOf(bytes, context), context)
  }

  /** The object at `from`, and where it ends. @throws Refusal `revision_invalid` */
  readAt(from: number): { readonly value: PDFObject; readonly end: number } {
    this.bytes.moveTo(from)
    try {
      const value = this.parseObject()
      return { value, end: this.bytes.offset() }
    } catch (cause) {
      if (cause instanceof Refusal) throw cause
      throw new Refusal('revision_invalid', `no object can be read at byte ${from}`)
    }
  }

  override parseObject(ref?: PDFRef): PDFObject {
    this.skipWhitespace()
    this.#nameIsValue = this.bytes.peek() === SLASH
    need(this.#keys.length < MAX_DEPTH, 'revision_invalid', 'nested too deep')
    return super.parseObject(ref)
  }

  protected override parseName(): PDFName {
    const name = super.parseName()
    const isValue = this.#nameIsValue
    this.#nameIsValue = false
    const keys = this.#keys.at(-1)
    if (isValue || keys === undefined) return name
    need(!keys.has(name), 'revision_invalid', 'a key stands twice in one dictionary')
    keys.add(name)
    return name
  }

  protected override parseDict(ref?: PDFRef): PDFDict {
    this.#keys.push(new Set())
    const dictionary = super.parseDict(ref)
    this.#keys.pop()
    return dictionary
  }

  protected override skipComment(): boolean {
    need(this.bytes.peek() !== PERCENT, 'revision_invalid', 'a comment among the objects')
    return false
  }

  protected override findEndOfStreamFallback(): number {
    throw new Refusal('revision_invalid', 'the length of a stream is not said, or not true')
  }
}

const SLASH = 0x2f
const PERCENT = 0x25
const MAX_DEPTH = 64

/** The library does not give its stream of bytes by itself, only inside of a parser. */
function bytesOf(bytes: Uint8Array, context: PDFContext): Bytes {
  // oxlint-disable-next-line typescript/dot-notation -- the only way in: the member is protected
  return PDFObjectParser.forBytes(bytes, context)['bytes']
}
