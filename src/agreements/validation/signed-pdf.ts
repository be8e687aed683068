import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  type PDFObject,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib'
import type { SecurityStore } from '../signatures/check-changes.ts'
import { hasPackedObjects } from '../signatures/first-revision.ts'
import { textOf } from '../signatures/signature-field.ts'

/** A signature as it stands in a PDF, not verified. */
export interface PresentSignature {
  readonly field: string
  /** The CMS and the zeros that fill its place. */
  readonly contents: Uint8Array
  /** A time-stamp over the document instead of a person's signature. */
  readonly isArchiveTime: boolean
}

/** A signed PDF, open for one more update. */
export interface SignedPdf {
  readonly document: PDFDocument
  readonly signatures: readonly PresentSignature[]
  /** What it carries already. */
  readonly store: SecurityStore
}

/** The names of a store's lists. */
export const STORE_LISTS = { certificates: 'Certs', ocsps: 'OCSPs', crls: 'CRLs' } as const

/** As many as a document can have updates. */
const MAX_FIELDS = 64

/** Opens a PDF to append to it. @throws Error when it cannot be read, or would unpack something without a bound */
export async function openSignedPdf(pdf: Uint8Array): Promise<SignedPdf> {
  if (hasPackedObjects(pdf)) throw new Error('object streams')
  const document = await PDFDocument.load(Uint8Array.from(pdf), {
    updateMetadata: false,
    forIncrementalUpdate: true,
    throwOnInvalidObject: true,
  })
  const form = document.catalog.lookupMaybe(PDFName.of('AcroForm'), PDFDict)
  const fields = form?.lookupMaybe(PDFName.of('Fields'), PDFArray)?.asArray() ?? []
  if (fields.length > MAX_FIELDS) throw new Error('too many fields')
  const store = document.catalog.lookupMaybe(PDFName.of('DSS'), PDFDict)
  const list = (name: string): readonly PDFRawStream[] => streamsIn(document, store, name)
  return {
    document,
    signatures: fields.flatMap((field) => signatureOf(document, field)),
    store: {
      certificates: list(STORE_LISTS.certificates),
      ocsps: list(STORE_LISTS.ocsps),
      crls: list(STORE_LISTS.crls),
    },
  }
}

/** The references in one of the lists of a store or of its part for a signature. */
export function refsIn(dictionary: PDFDict | undefined, name: string): readonly PDFRef[] {
  const items: readonly PDFObject[] = dictionary?.lookupMaybe(PDFName.of(name), PDFArray)?.asArray() ?? []
  return items.filter((item) => item instanceof PDFRef)
}

function streamsIn(document: PDFDocument, store: PDFDict | undefined, name: string): readonly PDFRawStream[] {
  return refsIn(store, name).map((ref) => {
    const stream = document.context.lookup(ref)
    if (!(stream instanceof PDFRawStream)) throw new Error(`no stream in ${name}`)
    return stream
  })
}

function signatureOf(document: PDFDocument, item: PDFObject): readonly PresentSignature[] {
  const field = document.context.lookup(item)
  const value = field instanceof PDFDict ? field.lookup(PDFName.of('V')) : undefined
  if (!(field instanceof PDFDict && value instanceof PDFDict)) return []
  const contents = value.lookup(PDFName.of('Contents'))
  if (!(contents instanceof PDFHexString)) return []
  return [
    {
      field: textOf(field.lookup(PDFName.of('T'))),
      contents: contents.asBytes(),
      isArchiveTime: value.lookup(PDFName.of('SubFilter')) === PDFName.of('ETSI.RFC3161'),
    },
  ]
}
