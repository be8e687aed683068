import {
  PDFArray,
  PDFDict,
  PDFHexString,
  PDFName,
  PDFNumber,
  type PDFObject,
  PDFRef,
  PDFString,
} from '@cantoo/pdf-lib'
import { ObjectReader } from './object-reader.ts'
import { need, Refusal } from './refusal.ts'

/** What one incremental update says: nothing else is in its bytes. */
export interface Update {
  /** Where its bytes begin; what is before it, others signed. */
  readonly start: number
  /** First byte after its `%%EOF`. */
  readonly end: number
  /** Objects it adds or replaces, by the reference as text: `12 0 R`. */
  readonly objects: ReadonlyMap<string, AddedObject>
}

/** An object, and which bytes of the file it is. */
export interface AddedObject {
  readonly value: PDFObject
  readonly start: number
  readonly end: number
}

/** The trailer of the first revision, which updates repeat. */
export interface FirstTrailer {
  readonly root: PDFObject | undefined
  readonly info: PDFObject | undefined
  readonly firstId: string
  readonly size: number
  readonly startXref: number
}

const MAX_UPDATES = 16
const MAX_OBJECTS = 2_000
const TRAILER_KEYS = new Set(['Size', 'Root', 'Info', 'ID', 'Prev'])

/**
 * Takes apart what was appended to a document, in the only form that is accepted: objects, a cross-reference table that names each
 * of them where it stands and nothing else, a trailer that goes back to the revision before. So whoever reads by the table and
 * whoever reads from the first byte to the last see the same objects, and no byte is in neither.
 *
 * @param firstEnd - length of the first revision
 * @throws Refusal `revision_invalid`
 */
export function readUpdates(file: Uint8Array, firstEnd: number, first: FirstTrailer): readonly Update[] {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1')
  const reader = new ObjectReader(file)
  const updates: Update[] = []
  let [at, size, startXref] = [firstEnd, first.size, first.startXref]
  while (match(text, /[\0\t\n\f\r ]*$/y, at) === undefined) {
    need(updates.length < MAX_UPDATES, 'revision_invalid', 'too many updates')
    const { update, trailer, xref } = readUpdate(text, reader, at)
    const said = checkTrailer(trailer, first, startXref, size)
    updates.push(update)
    ;[at, size, startXref] = [update.end, said, xref]
  }
  need(text.length - at <= 2, 'revision_invalid', 'bytes after the last revision')
  return updates
}

function readUpdate(
  text: string,
  reader: ObjectReader,
  start: number,
): { readonly update: Update; readonly trailer: PDFObject; readonly xref: number } {
  const objects = new Map<string, AddedObject>()
  let at = start
  for (;;) {
    const head = match(text, /[\0\t\n\f\r ]*(\d{1,9}) (\d{1,5}) obj\b/y, at)
    if (head === undefined) break
    const [whole, number = '', generation = ''] = head
    const ref = `${Number(number)} ${Number(generation)} R`
    need(
      generation === '0' && !objects.has(ref),
      'revision_invalid',
      `object ${ref} twice, or not of generation 0`,
    )
    need(objects.size < MAX_OBJECTS, 'revision_invalid', 'too many objects')
    const { value, end } = reader.readAt(at + whole.length)
    objects.set(ref, { value, start: at + whole.search(/\d/), end })
    at = end + must(text, /[\0\t\n\f\r ]*endobj\b/y, end, 'endobj')[0].length
  }
  const xref = at + (must(text, /[\0\t\n\f\r ]*xref/y, at, 'xref')[0].length - 4)
  at = checkTable(text, xref, objects)
  at += must(text, /[\0\t\n\f\r ]*trailer/y, at, 'trailer')[0].length
  const { value: trailer, end } = reader.readAt(at)
  const tail = must(
    text,
    /[\0\t\n\f\r ]*startxref[\t\n\f\r ]+(\d{1,10})[\t\n\f\r ]+%%EOF(?:\r\n|\n|\r)?/y,
    end,
    'startxref',
  )
  need(Number(tail[1]) === xref, 'revision_invalid', 'startxref leads elsewhere')
  return { update: { start, end: end + tail[0].length, objects }, trailer, xref }
}

/** Returns where the table ends. */
function checkTable(text: string, xref: number, objects: ReadonlyMap<string, AddedObject>): number {
  let at = xref + must(text, /xref[ \t]*(?:\r\n|\n|\r)/y, xref, 'xref')[0].length
  const named = new Set<string>()
  for (;;) {
    const section = match(text, /(\d{1,9}) (\d{1,6})[ \t]*(?:\r\n|\n|\r)/y, at)
    if (section === undefined) break
    at += section[0].length
    for (let i = 0; i < Number(section[2]); i += 1) {
      const [entry, offset = '', generation = '', use] = must(
        text,
        /(\d{10}) (\d{5}) ([nf])[ \r\n]{2}/y,
        at,
        'entry',
      )
      at += entry.length
      const number = Number(section[1]) + i
      if (use === 'f') {
        // Only the head of the list of free objects: freeing another would hide it.
        need(number === 0 && generation === '65535', 'revision_invalid', `object ${number} is freed`)
        continue
      }
      const ref = `${number} ${Number(generation)} R`
      const object = objects.get(ref)
      need(
        object?.start === Number(offset) && !named.has(ref),
        'revision_invalid',
        `the table leads elsewhere for ${ref}`,
      )
      named.add(ref)
    }
  }
  need(named.size === objects.size, 'revision_invalid', 'an object that the table does not name')
  return at
}

/** Returns the number after the highest object. */
function checkTrailer(trailer: PDFObject, first: FirstTrailer, previous: number, size: number): number {
  need(trailer instanceof PDFDict, 'revision_invalid', 'trailer')
  const get = (key: string): PDFObject | undefined => trailer.get(PDFName.of(key))
  for (const key of trailer.keys().map((name) => name.decodeText()))
    need(TRAILER_KEYS.has(key), 'revision_invalid', `trailer says ${key}`)
  const [said, before] = [get('Size'), get('Prev')]
  need(
    before instanceof PDFNumber && before.asNumber() === previous,
    'revision_invalid',
    'Prev leads elsewhere',
  )
  need(said instanceof PDFNumber && said.asNumber() >= size, 'revision_invalid', 'Size shrinks')
  need(get('Root') instanceof PDFRef && get('Root') === first.root, 'revision_invalid', 'another catalogue')
  need(get('Info') === undefined || get('Info') === first.info, 'revision_invalid', 'other information')
  const id = get('ID')
  need(id === undefined || firstIdOf(id) === first.firstId, 'revision_invalid', 'another identity')
  return said.asNumber()
}

/** The first half of a file's identity, which no update changes: hexadecimal. */
export function firstIdOf(id: PDFObject | undefined): string {
  const first = id instanceof PDFArray ? id.get(0) : undefined
  if (!(first instanceof PDFHexString || first instanceof PDFString))
    throw new Refusal('revision_invalid', 'no identity')
  return Buffer.from(first.asBytes()).toString('hex')
}

function match(text: string, pattern: RegExp, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function must(text: string, pattern: RegExp, at: number, what: string): RegExpExecArray {
  const found = match(text, pattern, at)
  need(found !== undefined, 'revision_invalid', `${what} expected at byte ${at}`)
  return found
}
