import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  type PDFPage,
  type PDFRef,
  PDFString,
} from '@cantoo/pdf-lib'
import { SignPdf } from '@signpdf/signpdf'
import { DEFAULT_BYTE_RANGE_PLACEHOLDER, Signer, SUBFILTER_ETSI_CADES_DETACHED } from '@signpdf/utils'
import { ContentInfo } from 'pkijs'
import type { KeyedCertificate } from '../authority/keyed-certificate.ts'
import { DocumentError } from './document-error.ts'
import type { DocumentJob, SignatureField } from './document-job.ts'
import { stampSignature } from './request-time-stamp.ts'
import { bytesOf, signerOf } from './seal-bytes.ts'
import { encodeBer, signData } from './signed-data.ts'

type SignJob = Extract<DocumentJob, { kind: 'sign' }>

/** What the provider reserves for the CMS, in hexadecimal digits. */
const RESERVED_DIGITS = 24_576

/** PDF 32000-1 table 165: printed with the page, and nobody moves it. */
const PRINT_AND_LOCKED = 0b1000_0100

/** PDF 32000-1 table 219: there are signatures, and changes are only appended. */
const SIGNATURES_APPEND_ONLY = 3

/** The Emirates keep one time all year. Unit: ms. */
const GULF_TIME_MS = 4 * 3_600_000

/**
 * Signs a PDF: one more revision behind its bytes, which stay as they are, with a signature of level B-T.
 *
 * @throws DocumentError `not_a_document`, `no_such_page`, `field_exists`, `no_time_stamp`
 */
export async function signDocument(job: SignJob): Promise<Uint8Array> {
  const prepared = await reservePlace(job)
  return await new SignPdf().sign(prepared, new CmsSigner(signerOf(job.signer), job.timeStampUrl))
}

/** Fills the reserved place. The library hands over exactly the bytes that `/ByteRange` names. */
class CmsSigner extends Signer {
  readonly #signer: KeyedCertificate
  readonly #timeStampUrl: string

  constructor(signer: KeyedCertificate, timeStampUrl: string) {
    super()
    this.#signer = signer
    this.#timeStampUrl = timeStampUrl
  }

  override async sign(covered: Buffer): Promise<Buffer> {
    const content = Uint8Array.from(covered)
    // The signer's certificate alone, as the provider does: its issuer has to be fetched.
    const signed = await signData({
      content,
      place: 'detached',
      contentType: ContentInfo.DATA,
      signer: this.#signer,
      chain: [],
    })
    await stampSignature(signed, this.#timeStampUrl)
    return Buffer.from(encodeBer(signed))
  }
}

async function reservePlace(job: SignJob): Promise<Uint8Array> {
  const document = await openDocument(bytesOf(job.pdf))
  const page = pageOf(document, job.field.page)
  const form = formOf(document)
  const fields = arrayIn(form, 'Fields')
  if (fieldNames(fields).includes(job.field.name))
    throw new DocumentError('field_exists', `the document has a field ${job.field.name} already`)
  const widget = await addWidget(document, page, job)
  fields.push(widget)
  form.set(PDFName.of('SigFlags'), document.context.obj(SIGNATURES_APPEND_ONLY))
  const annotations = page.node.Annots()
  if (annotations === undefined) page.node.set(PDFName.of('Annots'), document.context.obj([widget]))
  else annotations.push(widget)
  return await document.commit({ useObjectStreams: false })
}

/** @throws DocumentError `not_a_document` */
export async function openDocument(pdf: Uint8Array): Promise<PDFDocument> {
  try {
    return await PDFDocument.load(pdf, { updateMetadata: false, forIncrementalUpdate: true })
  } catch (cause) {
    throw new DocumentError('not_a_document', cause instanceof Error ? cause.message : 'cannot be read')
  }
}

async function addWidget(document: PDFDocument, page: PDFPage, job: SignJob): Promise<PDFRef> {
  const { context } = document
  const { x, y, width, height } = job.field.rectangle
  const widget = context.obj({
    Type: 'Annot',
    Subtype: 'Widget',
    FT: 'Sig',
    F: PRINT_AND_LOCKED,
    T: PDFHexString.fromText(job.field.name),
    Rect: [x, y, x + width, y + height],
    P: page.ref,
    V: signatureOf(document, job),
  })
  if (job.appearance !== undefined && width > 0 && height > 0) {
    const [appearance] = await document.embedPdf(bytesOf(job.appearance))
    if (appearance !== undefined) widget.set(PDFName.of('AP'), context.obj({ N: appearance.ref }))
  }
  return context.register(widget)
}

/** The signature dictionary with its holes; the time is claimed here and proved by the time-stamp. */
function signatureOf(document: PDFDocument, { signerName, reason, at }: SignJob): PDFRef {
  const { context } = document
  const hole = PDFName.of(DEFAULT_BYTE_RANGE_PLACEHOLDER)
  const signature = context.obj({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: SUBFILTER_ETSI_CADES_DETACHED,
    ByteRange: [0, hole, hole, hole],
    Contents: PDFHexString.of('0'.repeat(RESERVED_DIGITS)),
    Name: PDFHexString.fromText(signerName),
    M: PDFString.of(gulfTime(new Date(at))),
  })
  if (reason !== undefined) signature.set(PDFName.of('Reason'), PDFHexString.fromText(reason))
  return context.register(signature)
}

/** PDF 32000-1 section 7.9.4. */
function gulfTime(at: Date): string {
  const digits = new Date(at.getTime() + GULF_TIME_MS).toISOString().replaceAll(/\D/g, '').slice(0, 14)
  return `D:${digits}+04'00'`
}

function pageOf(document: PDFDocument, wanted: SignatureField['page']): PDFPage {
  const count = document.getPageCount()
  const number = wanted === 'last' ? count : wanted === 'first' ? 1 : wanted
  if (!Number.isInteger(number) || number < 1 || number > count)
    throw new DocumentError('no_such_page', `the document has ${count} pages, and not page ${wanted}`)
  return document.getPage(number - 1)
}

function formOf(document: PDFDocument): PDFDict {
  const { catalog, context } = document
  const existing = catalog.lookupMaybe(PDFName.of('AcroForm'), PDFDict)
  if (existing !== undefined) return existing
  const form = context.obj({ Fields: [] })
  catalog.set(PDFName.of('AcroForm'), context.register(form))
  return form
}

function arrayIn(form: PDFDict, key: string): PDFArray {
  const existing = form.lookupMaybe(PDFName.of(key), PDFArray)
  if (existing !== undefined) return existing
  const made = form.context.obj([])
  form.set(PDFName.of(key), made)
  return made
}

/** The names of the form's fields, of which each may be a signature. */
export function fieldNames(fields: PDFArray): string[] {
  return Array.from({ length: fields.size() }, (_, index) =>
    fields.lookup(index, PDFDict).lookupMaybe(PDFName.of('T'), PDFString, PDFHexString)?.decodeText(),
  ).filter((name) => name !== undefined)
}
