import { PDFArray, PDFHexString, PDFName, PDFNumber } from '@cantoo/pdf-lib'
import type { AddedSignature } from './signature-field.ts'
import { entry } from './first-revision.ts'
import { need } from './refusal.ts'
import type { Update } from './revisions.ts'

/** What a signature covers, and the signature itself. */
export interface SignedBytes {
  readonly covered: Buffer
  /** The CMS and the zeros that fill its place. */
  readonly contents: Buffer
}

const FORMS: ReadonlySet<PDFName | undefined> = new Set(
  ['ETSI.CAdES.detached', 'ETSI.RFC3161'].map((name) => PDFName.of(name)),
)

/**
 * Cuts out what a signature covers: everything from the first byte to the end of its revision, but for the value of `Contents`
 * from `<` to `>`, where the dictionary itself stands in the file.
 *
 * @throws Refusal `range_invalid`, `bytes_after_signature`, `invalid_cms`
 */
export function signedBytes(file: Buffer, update: Update, signature: AddedSignature): SignedBytes {
  const { dictionary, ref } = signature
  need(FORMS.has(entry(dictionary, 'SubFilter') as PDFName | undefined), 'invalid_cms', 'SubFilter')
  const range = entry(dictionary, 'ByteRange')
  const numbers = (range instanceof PDFArray ? range.asArray() : []).map((each) =>
    each instanceof PDFNumber ? each.asNumber() : Number.NaN,
  )
  const [start = -1, before = -1, after = -1, rest = -1] = numbers
  const isRange = numbers.length === 4 && numbers.every((each) => Number.isSafeInteger(each) && each >= 0)
  need(isRange && start === 0, 'range_invalid', `[${numbers.join(' ')}]`)
  const object = update.objects.get(ref)
  need(
    object !== undefined && before > object.start && after < object.end,
    'range_invalid',
    'outside of its dictionary',
  )
  const hole = file.subarray(before, after).toString('latin1')
  need(/^<(?:[0-9A-Fa-f]{2})+>$/.test(hole), 'range_invalid', 'more or less than the signature is left out')
  const lead = file.subarray(object.start, before).toString('latin1')
  need(/\/Contents[\0\t\n\f\r ]*$/.test(lead), 'range_invalid', 'something else than Contents is left out')
  const contents = entry(dictionary, 'Contents')
  need(contents instanceof PDFHexString && `<${contents.asString()}>` === hole, 'range_invalid', 'Contents')
  need(coversRevision(file, update, after + rest), 'bytes_after_signature', signature.field)
  return {
    covered: Buffer.concat([file.subarray(0, before), file.subarray(after, after + rest)]),
    contents: Buffer.from(contents.asBytes()),
  }
}

// The end of line after the last `%%EOF` may be the work of whoever appended the next revision.
function coversRevision(file: Buffer, { end }: Update, covered: number): boolean {
  return (
    covered === end || (covered < end && /^[\r\n]{1,2}$/.test(file.subarray(covered, end).toString('latin1')))
  )
}
