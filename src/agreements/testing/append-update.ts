import { PDFDict, PDFDocument, PDFName, type PDFRef } from '@cantoo/pdf-lib'
import { type CmsWish, makeCms } from './make-cms.ts'
import type { KeyHolder } from './signing-authority.ts'

/** A PDF as it stands, for whoever appends to it. */
export interface Standing {
  readonly catalogue: PDFDict
  readonly root: number
  readonly pages: readonly { readonly number: number; readonly dictionary: PDFDict }[]
  /** The first object number that is free. */
  readonly free: number
  readonly startXref: number
  readonly trailer: string
}

/** Reads what an update must repeat. */
export async function readStanding(pdf: Uint8Array): Promise<Standing> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  const { trailerInfo, largestObjectNumber } = document.context
  const starts = [
    ...Buffer.from(pdf)
      .toString('latin1')
      .matchAll(/startxref\s+(\d+)/g),
  ]
  return {
    catalogue: document.catalog.clone(),
    root: (trailerInfo.Root as PDFRef).objectNumber,
    pages: document
      .getPages()
      .map(({ ref, node }) => ({ number: ref.objectNumber, dictionary: node.clone() })),
    free: largestObjectNumber + 1,
    startXref: Number(starts.at(-1)?.[1]),
    trailer: `/Root ${String(trailerInfo.Root)} /Info ${String(trailerInfo.Info)} /ID ${String(trailerInfo.ID)}`,
  }
}

/** How an update differs from a decent one. */
export interface UpdateWish {
  readonly trailer?: string
  readonly previous?: number
  /** What stands between the objects and the table. */
  readonly between?: string
  /** Lines of the table instead of the right one, by object number. */
  readonly lines?: Readonly<Record<number, string>>
  readonly unnamed?: readonly number[]
  readonly size?: number
  readonly startXref?: number
}

/** Appends an incremental update with these objects: number and text. */
export function appendUpdate(
  pdf: Uint8Array,
  standing: Standing,
  objects: ReadonlyMap<number, string>,
  wish: UpdateWish = {},
): Buffer {
  let body = '\n'
  const offsets = new Map<number, number>()
  for (const [number, text] of objects) {
    offsets.set(number, pdf.length + body.length)
    body += `${number} 0 obj\n${text}\nendobj\n`
  }
  body += wish.between ?? ''
  const xref = pdf.length + body.length
  const rows = [...offsets]
    .filter(([number]) => wish.unnamed?.includes(number) !== true)
    .toSorted(([x], [y]) => x - y)
    .map(
      ([number, offset]) =>
        `${number} 1\n${wish.lines?.[number] ?? `${String(offset).padStart(10, '0')} 00000 n \n`}`,
    )
  const size = wish.size ?? Math.max(standing.free, ...[...objects.keys()].map((number) => number + 1))
  const trailer = `<< /Size ${size} ${wish.trailer ?? standing.trailer} /Prev ${wish.previous ?? standing.startXref} >>`
  body += `xref\n${rows.join('')}trailer\n${trailer}\nstartxref\n${wish.startXref ?? xref}\n%%EOF\n`
  return Buffer.concat([pdf, Buffer.from(body, 'latin1')])
}

/** How a signature in a PDF differs from a decent one. */
export interface SignatureWish extends CmsWish {
  readonly field: string
  /** The first page is 1. Default: in no page's annotations. */
  readonly page?: number
  readonly rectangle?: readonly number[]
  /** Added to the dictionary of the signature. */
  readonly more?: string
  /** Added to the dictionary of the field. */
  readonly widget?: string
  /** Objects added or replaced beside what a signature needs. */
  readonly beside?: (standing: Standing) => ReadonlyMap<number, string>
  readonly subFilter?: string
  readonly update?: UpdateWish
  /** Changes the finished text of the update, before it is signed. */
  readonly edit?: (text: string) => string
  /** Another range than the right one. */
  readonly range?: (right: readonly number[]) => readonly number[]
  readonly signed?: (covered: Buffer) => Buffer
  /** What stands in the place of the signature. */
  readonly instead?: (covered: Buffer) => Promise<Uint8Array>
}

const PLACE_BYTES = 12_288

/** Signs as a signing service does: one incremental update with field, widget, picture and signature. */
export async function signPdf(pdf: Uint8Array, signer: KeyHolder, wish: SignatureWish): Promise<Buffer> {
  const standing = await readStanding(pdf)
  const objects = signatureObjects(standing, wish)
  const appended = appendUpdate(pdf, standing, objects, wish.update)
  const edited = wish.edit?.(appended.subarray(pdf.length).toString('latin1'))
  const file = edited === undefined ? appended : Buffer.concat([pdf, Buffer.from(edited, 'latin1')])
  const hole = file.indexOf(`<${'0'.repeat(PLACE_BYTES * 2)}>`)
  const end = hole + PLACE_BYTES * 2 + 2
  const right = [0, hole, end, file.length - end]
  const range = wish.range?.(right) ?? right
  const mark = '[0 ########## ########## ##########]'
  file.write(`[${range.join(' ')}]`.padEnd(mark.length), file.lastIndexOf(mark), 'latin1')
  const covered = Buffer.concat([file.subarray(0, hole), file.subarray(end)])
  const cms = await (wish.instead?.(covered) ?? makeCms(signer, wish.signed?.(covered) ?? covered, wish))
  file.write(Buffer.from(cms).toString('hex'), hole + 1, 'latin1')
  return file
}

function signatureObjects(standing: Standing, wish: SignatureWish): Map<number, string> {
  const { catalogue, pages, free, root } = standing
  const [field, signature, picture] = [free, free + 1, free + 2]
  const { rectangle = [0, 0, 0, 0], subFilter = 'ETSI.CAdES.detached', more = '', widget = '' } = wish
  const form = catalogue.lookup(PDFName.of('AcroForm'))
  const old = form instanceof PDFDict ? String(form.get(PDFName.of('Fields'))).slice(1, -1) : ''
  const changed = catalogue.clone()
  changed.delete(PDFName.of('AcroForm'))
  const page = pages[(wish.page ?? 0) - 1]
  const box = `[0 0 ${(rectangle[2] ?? 0) - (rectangle[0] ?? 0)} ${(rectangle[3] ?? 0) - (rectangle[1] ?? 0)}]`
  const objects = new Map([
    [root, withEntry(changed, `/AcroForm << /SigFlags 3 /Fields [${old} ${field} 0 R] >>`)],
    [
      field,
      `<< /Type /Annot /Subtype /Widget /FT /Sig /F 132 /T (${wish.field}) /V ${signature} 0 R /Rect [${rectangle.join(' ')}] ` +
        `/AP << /N ${picture} 0 R >> ${widget} >>`,
    ],
    [
      signature,
      `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /${subFilter} /ByteRange [0 ########## ########## ##########] ` +
        `/Contents <${'0'.repeat(PLACE_BYTES * 2)}> /M (D:20261129160000+04'00') ${more} >>`,
    ],
    [
      picture,
      `<< /Type /XObject /Subtype /Form /BBox ${box} /Resources << >> /Length 4 >>\nstream\nq Q\n\nendstream`,
    ],
  ])
  if (page !== undefined) {
    const annotations = page.dictionary.get(PDFName.of('Annots'))
    const before = annotations === undefined ? '' : String(annotations).slice(1, -1)
    const copy = page.dictionary.clone()
    copy.delete(PDFName.of('Annots'))
    objects.set(page.number, withEntry(copy, `/Annots [${before} ${field} 0 R]`))
  }
  return new Map([...objects, ...(wish.beside?.(standing) ?? [])])
}

/** The text of a dictionary with one entry more. */
export function withEntry(dictionary: PDFDict, text: string): string {
  return `${dictionary.toString().replace(/>>\s*$/, '')} ${text} >>`
}

/** Appends the material for long validation. */
export async function appendStore(
  pdf: Uint8Array,
  store: {
    readonly ocsps?: readonly Uint8Array[]
    readonly crls?: readonly Uint8Array[]
    readonly certificates?: readonly Uint8Array[]
  },
): Promise<Buffer> {
  const standing = await readStanding(pdf)
  let next = standing.free
  const objects = new Map<number, string>()
  const listOf = (streams: readonly Uint8Array[] = []): string => {
    const refs = streams.map((bytes) => {
      objects.set(
        next,
        `<< /Length ${bytes.length} >>\nstream\n${Buffer.from(bytes).toString('latin1')}\nendstream`,
      )
      return `${next++} 0 R`
    })
    return `[${refs.join(' ')}]`
  }
  const text = `/DSS << /Type /DSS /Certs ${listOf(store.certificates)} /OCSPs ${listOf(store.ocsps)} /CRLs ${listOf(store.crls)} >>`
  const catalogue = standing.catalogue.clone()
  catalogue.delete(PDFName.of('DSS'))
  objects.set(standing.root, withEntry(catalogue, text))
  return appendUpdate(pdf, standing, objects)
}
