import { createHash } from 'node:crypto'
import { PDFArray, PDFDict, PDFName, type PDFRef } from '@cantoo/pdf-lib'
import { refsIn, type SignedPdf, STORE_LISTS } from './signed-pdf.ts'

/** Material for validation: DER each. */
export interface Material {
  readonly certificates: readonly Uint8Array[]
  readonly ocsps: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** What one signature needs. */
export interface SignatureMaterial extends Material {
  /** The value of its `Contents`, with the zeros that fill its place. */
  readonly contents: Uint8Array
}

/** The list of the same kind in the part of a signature (ETSI EN 319 142-1, 5.4.2.3). */
const PART_LISTS = { certificates: 'Cert', ocsps: 'OCSP', crls: 'CRL' } as const
const KINDS = ['certificates', 'ocsps', 'crls'] as const

/**
 * Appends `/DSS` with one `/VRI` for each signature (ETSI EN 319 142-1, 5.4.2), as an incremental update. What is there stays and
 * keeps its object; what is there already is not written again.
 *
 * @param present - what the lists of the store hold, in their order
 * @returns the very bytes that came, when there is nothing to add
 */
export async function appendStore(
  { document }: SignedPdf,
  pdf: Uint8Array,
  present: Material,
  needed: readonly SignatureMaterial[],
): Promise<Uint8Array> {
  const { context, catalog } = document
  const store = catalog.lookupMaybe(PDFName.of('DSS'), PDFDict) ?? context.obj({ Type: 'DSS' })
  const refs = new Map<string, PDFRef>()
  for (const kind of KINDS) {
    const old = refsIn(store, STORE_LISTS[kind])
    for (const [index, ref] of old.entries()) remember(refs, kind, present[kind][index], ref)
  }
  const before = refs.size
  for (const kind of KINDS) {
    const added = needed.flatMap((each) => each[kind]).filter((der) => !refs.has(keyOf(kind, der)))
    for (const der of new Map(added.map((each) => [keyOf(kind, each), each])).values()) {
      const ref = context.register(context.flateStream(der))
      remember(refs, kind, der, ref)
      listIn(store, STORE_LISTS[kind]).push(ref)
    }
  }
  if (refs.size === before) return pdf
  const parts = store.lookupMaybe(PDFName.of('VRI'), PDFDict) ?? context.obj({})
  for (const each of needed) addPart(parts, each, refs)
  store.set(PDFName.of('VRI'), parts)
  if (context.getObjectRef(store) === undefined) catalog.set(PDFName.of('DSS'), context.register(store))
  declareExtension(catalog)
  return await document.commit({ useObjectStreams: false })
}

function addPart(parts: PDFDict, needed: SignatureMaterial, refs: ReadonlyMap<string, PDFRef>): void {
  const { context } = parts
  // The digest is of the whole value, with the zeros behind the signature.
  const name = PDFName.of(createHash('sha1').update(needed.contents).digest('hex').toUpperCase())
  const part = parts.lookupMaybe(name, PDFDict) ?? context.obj({})
  for (const kind of KINDS) {
    const had = new Set(refsIn(part, PART_LISTS[kind]))
    const wanted = needed[kind].flatMap((der) => refs.get(keyOf(kind, der)) ?? [])
    for (const ref of new Set(wanted)) if (!had.has(ref)) listIn(part, PART_LISTS[kind]).push(ref)
  }
  if (!parts.has(name)) parts.set(name, context.register(part))
}

/** A reader knows by this that the document uses what ETSI added to PDF 1.7 (5.6). */
function declareExtension(catalog: PDFDict): void {
  const { context } = catalog
  const extensions = catalog.lookupMaybe(PDFName.of('Extensions'), PDFDict) ?? context.obj({})
  if (extensions.has(PDFName.of('ESIC'))) return
  extensions.set(PDFName.of('ESIC'), context.obj({ BaseVersion: '1.7', ExtensionLevel: 2 }))
  catalog.set(PDFName.of('Extensions'), extensions)
}

function listIn(dictionary: PDFDict, name: string): PDFArray {
  const existing = dictionary.lookupMaybe(PDFName.of(name), PDFArray)
  if (existing !== undefined) return existing
  const made = dictionary.context.obj([])
  dictionary.set(PDFName.of(name), made)
  return made
}

function remember(
  refs: Map<string, PDFRef>,
  kind: (typeof KINDS)[number],
  der: Uint8Array | undefined,
  ref: PDFRef,
): void {
  if (der !== undefined && !refs.has(keyOf(kind, der))) refs.set(keyOf(kind, der), ref)
}

function keyOf(kind: string, der: Uint8Array): string {
  return `${kind} ${createHash('sha256').update(der).digest('hex')}`
}
