import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  PDFNumber,
  PDFSignature,
  PDFString,
} from '@cantoo/pdf-lib'

/** A signature field of a PDF, in its newest revision. */
export interface SignatureField {
  readonly name: string
  /** Absent: the field waits for its signature. */
  readonly signature?: {
    /** The CMS object with the zeros behind it. */
    readonly cms: Uint8Array
    /** `/ByteRange`: offset, length, offset, length, in bytes. */
    readonly byteRange: readonly number[]
  }
}

/**
 * The signature fields of a PDF.
 *
 * @throws Error of the reader when the bytes are no PDF
 */
export async function readSignatureFields(pdf: Uint8Array): Promise<readonly SignatureField[]> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  return document
    .getForm()
    .getFields()
    .filter((field) => field instanceof PDFSignature)
    .map((field) => {
      const value = field.acroField.V()
      const signature = value instanceof PDFDict ? signatureOf(value) : undefined
      return signature === undefined ? { name: field.getName() } : { name: field.getName(), signature }
    })
}

function signatureOf(value: PDFDict): SignatureField['signature'] {
  const contents = value.lookup(PDFName.of('Contents'))
  const range = value.lookup(PDFName.of('ByteRange'))
  if (!(contents instanceof PDFHexString || contents instanceof PDFString)) return undefined
  if (!(range instanceof PDFArray)) return undefined
  const numbers = range.asArray().map((item) => (item instanceof PDFNumber ? item.asNumber() : Number.NaN))
  return { cms: contents.asBytes(), byteRange: numbers }
}
