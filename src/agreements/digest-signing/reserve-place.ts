import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  type PDFRef,
  PDFString,
} from '@cantoo/pdf-lib'
import { SignPdf } from '@signpdf/signpdf'
import { DEFAULT_BYTE_RANGE_PLACEHOLDER, Signer, SUBFILTER_ETSI_CADES_DETACHED } from '@signpdf/utils'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { hasPackedObjects } from '../signatures/first-revision.ts'
import { textOf } from '../signatures/signature-field.ts'

/** A PDF that waits for a signature. */
export interface PlaceWish {
  readonly pdf: Uint8Array
  readonly field: {
    /** Unique among the fields of the document. */
    readonly name: string
    /** The first page is 1. */
    readonly page: number
    /** Lower left and upper right corner in points; without width or height the signature is invisible. */
    readonly rectangle: readonly [left: number, bottom: number, right: number, top: number]
  }
  /** A PDF whose first page is put into the rectangle. */
  readonly appearance?: Uint8Array | undefined
  /** Common name of the signer, as the certificate has it. */
  readonly signerName: string
  /** When the signer says it is; what counts is the time-stamp. */
  readonly at: Date
}

/** What is kept free for the CMS: a chain of certificates, the signature and a time-stamp with its own chain. Unit: bytes. */
export const RESERVED_BYTES = 16_384

/** PDF 32000-1 table 165: printed with the page, and nobody moves it. */
const PRINT_AND_LOCKED = 0b1000_0100
/** PDF 32000-1 table 219: there are signatures, and changes are only appended. */
const SIGNATURES_APPEND_ONLY = 3

/**
 * Appends a signature field with a signature dictionary that waits for its value, as an incremental update.
 *
 * @throws WuslaError `signature_field_taken`; `signing_request_invalid` for a document that cannot be read and a page that it lacks
 */
export async function reservePlace(wish: PlaceWish): Promise<Uint8Array> {
  const document = await open(wish.pdf)
  const { catalog, context } = document
  const page = document.getPages()[wish.field.page - 1]
  if (page === undefined) throw invalid('page')
  const form = catalog.lookupMaybe(PDFName.of('AcroForm'), PDFDict) ?? context.obj({})
  const fields = form.lookupMaybe(PDFName.of('Fields'), PDFArray) ?? context.obj([])
  const names = fields.asArray().map((each) => nameOf(context.lookup(each)))
  if (names.includes(wish.field.name)) throw new WuslaError('signature_field_taken')
  const widget = await addWidget(document, page.ref, wish)
  fields.push(widget)
  form.set(PDFName.of('Fields'), fields)
  form.set(PDFName.of('SigFlags'), context.obj(SIGNATURES_APPEND_ONLY))
  if (context.getObjectRef(form) === undefined) catalog.set(PDFName.of('AcroForm'), context.register(form))
  const annotations = page.node.Annots()
  if (annotations === undefined) page.node.set(PDFName.of('Annots'), context.obj([widget]))
  else annotations.push(widget)
  return await document.commit({ useObjectStreams: false })
}

async function open(pdf: Uint8Array): Promise<PDFDocument> {
  if (hasPackedObjects(pdf)) throw invalid('document')
  try {
    return await PDFDocument.load(Uint8Array.from(pdf), { updateMetadata: false, forIncrementalUpdate: true })
  } catch {
    // Whatever the library says of it quotes the document.
    throw invalid('document')
  }
}

async function addWidget(document: PDFDocument, page: PDFRef, wish: PlaceWish): Promise<PDFRef> {
  const { context } = document
  const widget = context.obj({
    Type: 'Annot',
    Subtype: 'Widget',
    FT: 'Sig',
    F: PRINT_AND_LOCKED,
    T: PDFHexString.fromText(wish.field.name),
    Rect: [...wish.field.rectangle],
    P: page,
    V: addSignature(document, wish),
  })
  if (wish.appearance !== undefined) {
    const [appearance] = await document.embedPdf(wish.appearance)
    if (appearance !== undefined) widget.set(PDFName.of('AP'), context.obj({ N: appearance.ref }))
  }
  return context.register(widget)
}

function addSignature({ context }: PDFDocument, { signerName, at }: PlaceWish): PDFRef {
  const hole = PDFName.of(DEFAULT_BYTE_RANGE_PLACEHOLDER)
  return context.register(
    context.obj({
      Type: 'Sig',
      Filter: 'Adobe.PPKLite',
      SubFilter: SUBFILTER_ETSI_CADES_DETACHED,
      ByteRange: [0, hole, hole, hole],
      Contents: PDFHexString.of('00'.repeat(RESERVED_BYTES)),
      Name: PDFHexString.fromText(signerName),
      M: PDFString.of(`D:${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`),
    }),
  )
}

function nameOf(field: unknown): string {
  return field instanceof PDFDict ? textOf(field.lookup(PDFName.of('T'))) : ''
}

/** Hands over what the signature will cover, and puts it into its place. */
class Place extends Signer {
  covered: Buffer = Buffer.alloc(0)
  readonly #cms: Uint8Array

  constructor(cms: Uint8Array) {
    super()
    this.#cms = cms
  }

  override async sign(covered: Buffer): Promise<Buffer> {
    this.covered = covered
    return await Promise.resolve(Buffer.from(this.#cms))
  }
}

/** The bytes that the signature of a reserved place covers. */
export async function coveredBytes(reserved: Uint8Array): Promise<Buffer> {
  const place = new Place(Buffer.alloc(0))
  await new SignPdf().sign(reserved, place)
  return place.covered
}

/** The document with the CMS in its place. @param cms - at most {@link RESERVED_BYTES} */
export async function fillPlace(reserved: Uint8Array, cms: Uint8Array): Promise<Uint8Array> {
  return await new SignPdf().sign(reserved, new Place(cms))
}

function invalid(part: string): WuslaError {
  return new WuslaError('signing_request_invalid', { details: { problems: [part] } })
}
