import { WuslaError } from '../protocol/wusla-error.ts'
import type { HiddenText } from './hidden-text.ts'
import type { SignatureField } from './signature-fields.ts'

/** How a signed PDF is read: in this process (`signed-document-reader.ts`), or in another one. */
export interface SignedDocumentReader {
  readonly fields: (pdf: Uint8Array) => Promise<readonly SignatureField[]>
  /** @throws WuslaError `signer_unreadable` */
  readonly signerNumber: (cms: Uint8Array) => HiddenText | Promise<HiddenText>
}

/** What has to have come back. */
export interface ExpectedSignature {
  /** The bytes that were sent. */
  readonly sent: Uint8Array
  /** The bytes that came back. */
  readonly signed: Uint8Array
  readonly fieldName: string
  /** Of the person who is logged in. */
  readonly identityNumber: HiddenText
}

/**
 * Holds a document that came back against what was sent and who is logged in: it begins with exactly the bytes that were sent, has
 * the field that was asked for, the signature in it covers all that was sent, and its signer is the person. It does not
 * verify the signature itself, its chain or its time: that is the work of the agreement's verifier.
 *
 * @throws WuslaError `signed_document_changed`, `signature_field_missing`, `signer_unreadable`, `signed_by_another_person`
 */
export async function checkSignedDocument(
  { sent, signed, fieldName, identityNumber }: ExpectedSignature,
  reader: SignedDocumentReader,
): Promise<void> {
  // A signature is an incremental update; anything else could be another text that was signed in its place.
  const isExtended = signed.byteLength > sent.byteLength
  if (!isExtended || Buffer.compare(signed.subarray(0, sent.byteLength), sent) !== 0) {
    throw new WuslaError('signed_document_changed', { details: { part: 'bytes' } })
  }
  const fields = await fieldsOf(signed, reader)
  const [field, ...more] = fields.filter(({ name }) => name === fieldName)
  if (field?.signature === undefined || more.length > 0) throw new WuslaError('signature_field_missing')
  const { byteRange, cms } = field.signature
  const [start, length = 0] = byteRange
  if (byteRange.length !== 4 || start !== 0 || !(length >= sent.byteLength)) {
    throw new WuslaError('signed_document_changed', { details: { part: 'covered range' } })
  }
  if (!identityNumber.equals((await reader.signerNumber(cms)).reveal())) {
    throw new WuslaError('signed_by_another_person')
  }
}

async function fieldsOf(
  signed: Uint8Array,
  reader: SignedDocumentReader,
): Promise<readonly SignatureField[]> {
  try {
    return await reader.fields(signed)
  } catch {
    // The reader's message can quote the document, and with it the certificate of a person.
    throw new WuslaError('signature_field_missing', { details: { part: 'document' } })
  }
}
