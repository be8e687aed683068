import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFName,
  type PDFObject,
  PDFRawStream,
  type PDFRef,
} from '@cantoo/pdf-lib'
import { MAX_AGREEMENT_BYTES } from '../agreement.ts'
import { type FirstTrailer, firstIdOf } from './revisions.ts'
import { streamBytes } from './stream-bytes.ts'

/** What the document was before anybody signed, taken apart. Trusted: it is the program's own output. */
export interface FirstRevision {
  readonly length: number
  readonly trailer: FirstTrailer
  readonly objects: ReadonlyMap<string, PDFObject>
  /** In the order of reading. */
  readonly pages: readonly PDFRef[]
}

/** Takes the program's own document apart. */
export async function readFirstRevision(document: Uint8Array): Promise<FirstRevision> {
  const pdf = await PDFDocument.load(document, { updateMetadata: false, throwOnInvalidObject: true })
  const { trailerInfo } = pdf.context
  const tail = Buffer.from(document.subarray(-64)).toString('latin1')
  return {
    length: document.length,
    trailer: {
      root: trailerInfo.Root,
      info: trailerInfo.Info,
      firstId: firstIdOf(trailerInfo.ID),
      size: pdf.context.largestObjectNumber + 1,
      startXref: Number(/startxref\s+(\d+)/.exec(tail)?.[1]),
    },
    objects: new Map(pdf.context.enumerateIndirectObjects().map(([ref, object]) => [ref.toString(), object])),
    pages: pdf.getPages().map(({ ref }) => ref),
  }
}

/** The attachment `agreement.json` and the keywords of the smallest beginning of a file that has them: not yet to be believed. */
export interface ClaimedTerms {
  readonly agreement: Buffer
  readonly keywords: string
}

const MAX_BEGINNINGS = 8

/** Each font brings a `%%EOF` of its own, but only a revision ends with the place of its table before it. */
const END_OF_REVISION = /startxref[\0\t\n\f\r ]+\d{1,10}[\0\t\n\f\r ]+%%EOF/g

/**
 * The names of streams that the library unpacks while it reads, whatever they grow to, in every spelling (ISO 32000-1, 7.3.5). The
 * program's own documents have neither.
 */
const UNPACKED = new RegExp(`/(?:${spellings('ObjStm')}|${spellings('XRef')})`)

/** Whether the library would unpack something of the file while it reads, without a bound. */
export function hasPackedObjects(file: Uint8Array): boolean {
  return UNPACKED.test(Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1'))
}

function spellings(name: string): string {
  const hex = (letter: string): string => letter.charCodeAt(0).toString(16)
  return Array.from(name, (letter) => `(?:${letter}|#${hex(letter)}|#${hex(letter).toUpperCase()})`).join('')
}

/**
 * Finds what a file says it was made from. What looks like the end of its first revision may stand inside of a stream, so a few are
 * tried. Undefined when there is not exactly one attachment of that name.
 */
export async function claimedTerms(file: Uint8Array): Promise<ClaimedTerms | undefined> {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1')
  const unpacked = UNPACKED.exec(text)?.index ?? Number.POSITIVE_INFINITY
  let tries = 0
  for (const { 0: mark, index } of text.matchAll(END_OF_REVISION)) {
    const end = index + mark.length
    tries += 1
    if (tries > MAX_BEGINNINGS || unpacked < end) return undefined
    const found = await claimedIn(file.subarray(0, end))
    if (found !== undefined) return found
  }
  return undefined
}

async function claimedIn(beginning: Uint8Array): Promise<ClaimedTerms | undefined> {
  let pdf
  try {
    pdf = await PDFDocument.load(beginning, { updateMetadata: false, throwOnInvalidObject: true })
    // oxlint-disable-next-line typescript/dot-notation -- the open method unpacks all of them without a bound
    const [attachment, ...more] = pdf['getRawAttachments']()
    if (attachment?.fileName.decodeText() !== 'agreement.json' || more.length > 0) return undefined
    const stream = attachment.fileSpec.lookup(PDFName.of('EF'), PDFDict).lookup(PDFName.of('F'))
    const agreement = stream instanceof PDFRawStream ? streamBytes(stream, MAX_AGREEMENT_BYTES) : undefined
    return agreement === undefined ? undefined : { agreement, keywords: pdf.getKeywords() ?? '' }
  } catch {
    // Whatever the library says of a beginning that is none: a longer one may be.
    return undefined
  }
}

/** Entry of a dictionary as it is written, without following a reference. */
export function entry(dictionary: PDFDict, key: string): PDFObject | undefined {
  return dictionary.get(PDFName.of(key))
}

/** Names of a dictionary's entries. */
export function keysOf(dictionary: PDFDict): readonly string[] {
  return dictionary.keys().map((name) => name.decodeText())
}

/** The items of an array; none where there is no array. */
export function itemsOf(value: PDFObject | undefined): readonly PDFObject[] {
  return value instanceof PDFArray ? value.asArray() : []
}
