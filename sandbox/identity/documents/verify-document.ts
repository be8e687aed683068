import * as asn1js from 'asn1js'
import {
  PDFArray,
  PDFDict,
  type PDFDocument,
  PDFHexString,
  PDFName,
  PDFNumber,
  PDFString,
} from '@cantoo/pdf-lib'
import { Certificate, ContentInfo, SignedData, TSTInfo } from 'pkijs'
import { serialOf } from '../authority/answer-status.ts'
import type { DocumentJob, VerifiedSignature } from './document-job.ts'
import { bytesOf } from './seal-bytes.ts'
import { openDocument } from './sign-document.ts'

const SIGNATURE_TIME_STAMP = '1.2.840.113549.1.9.16.2.14'

/** Looks at every signature of a PDF. Whom to trust is the caller's decision. @throws DocumentError `not_a_document` */
export async function verifyDocument({
  pdf,
}: Extract<DocumentJob, { kind: 'verify' }>): Promise<VerifiedSignature[]> {
  const bytes = bytesOf(pdf)
  const document = await openDocument(bytes)
  const found = []
  for (const { field, dictionary } of signaturesIn(document))
    found.push(await verify(bytes, field, dictionary))
  return found
}

/** The signed fields of a document, in the order of the form. */
export function signaturesIn(
  document: PDFDocument,
): readonly { readonly field: string; readonly dictionary: PDFDict }[] {
  const form = document.catalog.lookupMaybe(PDFName.of('AcroForm'), PDFDict)
  const fields = form?.lookupMaybe(PDFName.of('Fields'), PDFArray)
  return Array.from({ length: fields?.size() ?? 0 }, (_, index) => fields?.lookup(index, PDFDict)).flatMap(
    (field) => {
      const dictionary = field?.lookupMaybe(PDFName.of('V'), PDFDict)
      const name = field?.lookupMaybe(PDFName.of('T'), PDFString, PDFHexString)?.decodeText() ?? ''
      return dictionary?.has(PDFName.of('ByteRange')) === true ? [{ field: name, dictionary }] : []
    },
  )
}

async function verify(pdf: Uint8Array, field: string, dictionary: PDFDict): Promise<VerifiedSignature> {
  const signed = signedDataIn(dictionary)
  const certificate = signed.certificates?.find((each) => each instanceof Certificate)
  if (certificate === undefined) throw new TypeError(`the signature ${field} carries no certificate`)
  return {
    field,
    isIntact: await isIntact(signed, covered(pdf, dictionary)),
    certificate: Buffer.from(certificate.toSchema(true).toBER()).toString('base64'),
    serialNumber: serialOf(certificate.serialNumber),
    subject: certificate.subject.typesAndValues.map(({ value }) => value.valueBlock.value).join(', '),
    at: timeOf(signed, dictionary),
  }
}

/** The CMS without the zeros behind it: its own encoding says where it ends. */
function signedDataIn(dictionary: PDFDict): SignedData {
  const { result, offset } = asn1js.fromBER(
    Uint8Array.from(dictionary.lookup(PDFName.of('Contents'), PDFHexString).asBytes()),
  )
  if (offset === -1) throw new TypeError('the signature is no CMS')
  return new SignedData({ schema: new ContentInfo({ schema: result }).content })
}

function covered(pdf: Uint8Array, dictionary: PDFDict): ArrayBuffer {
  const range = dictionary.lookup(PDFName.of('ByteRange'), PDFArray)
  const [start = 0, length = 0, next = 0, last = 0] = Array.from({ length: 4 }, (_, index) =>
    range.lookup(index, PDFNumber).asNumber(),
  )
  return Uint8Array.from(
    Buffer.concat([pdf.subarray(start, start + length), pdf.subarray(next, next + last)]),
  ).buffer
}

async function isIntact(signed: SignedData, data: ArrayBuffer): Promise<boolean> {
  try {
    return await signed.verify({ signer: 0, data })
  } catch {
    // The library throws for a digest that does not fit, and for bytes that it cannot read.
    return false
  }
}

function timeOf(signed: SignedData, dictionary: PDFDict): string {
  const token = signed.signerInfos[0]?.unsignedAttrs?.attributes.find(
    ({ type }) => type === SIGNATURE_TIME_STAMP,
  )
  const [value] = (token?.values ?? []) as asn1js.AsnType[]
  if (value === undefined) return claimedTime(dictionary)
  const stamped = new SignedData({ schema: new ContentInfo({ schema: value }).content })
  const content = stamped.encapContentInfo.eContent?.getValue()
  return content === undefined ? claimedTime(dictionary) : TSTInfo.fromBER(content).genTime.toISOString()
}

function claimedTime(dictionary: PDFDict): string {
  const text = dictionary.lookupMaybe(PDFName.of('M'), PDFString)
  return text === undefined ? new Date(0).toISOString() : text.decodeDate().toISOString()
}
