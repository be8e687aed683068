import { PDFArray, PDFDict, PDFDocument, PDFName, type PDFObject, type PDFRef } from '@cantoo/pdf-lib'
import { type FirstTrailer, firstIdOf } from './revisions.ts'

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

/**
 * Finds what a file says it was made from. Its first `%%EOF` may stand inside of a stream, so a few are tried.
 * Undefined when there is not exactly one attachment of that name.
 */
export async function claimedTerms(file: Uint8Array): Promise<ClaimedTerms | undefined> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  let end = bytes.indexOf('%%EOF')
  for (let tries = 0; end >= 0 && tries < MAX_BEGINNINGS; tries += 1) {
    const found = await claimedIn(bytes.subarray(0, end + 5))
    if (found !== undefined) return found
    end = bytes.indexOf('%%EOF', end + 5)
  }
  return undefined
}

async function claimedIn(beginning: Uint8Array): Promise<ClaimedTerms | undefined> {
  let pdf
  try {
    pdf = await PDFDocument.load(beginning, { updateMetadata: false, throwOnInvalidObject: true })
    const [attachment, ...more] = pdf.getAttachments()
    if (attachment?.name !== 'agreement.json' || more.length > 0) return undefined
    return { agreement: Buffer.from(attachment.data), keywords: pdf.getKeywords() ?? '' }
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
