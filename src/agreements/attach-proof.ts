import { PDFDict, PDFDocument, PDFName } from '@cantoo/pdf-lib'
import { PROOF_KEY } from './signatures/attached-proof.ts'

/**
 * Appends the network's proof of an agreement to its signed document, as one incremental update; the bytes that are there stay. Where
 * one is attached already, the new one counts: `docs/spec/agreement-document.md`, section 8.
 *
 * @param pdf - a document that this network's gateways verified: the PDF library reads it without bounds
 * @param proof - text of the proof
 * @throws Error of the PDF library when the bytes are no PDF
 */
export async function attachProof(pdf: Uint8Array, proof: string): Promise<Uint8Array> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false, forIncrementalUpdate: true })
  const { context, catalog } = document
  const old = catalog.lookupMaybe(PDFName.of('DSS'), PDFDict)
  // A new object for the store: the library would write the old one with what stands in it by reference as well.
  const store = context.obj(old === undefined ? { Type: 'DSS' } : {})
  for (const [name, value] of old?.entries() ?? []) store.set(name, value)
  store.set(PDFName.of(PROOF_KEY), context.register(context.flateStream(Buffer.from(proof, 'utf8'))))
  catalog.set(PDFName.of('DSS'), context.register(store))
  return await document.commit({ useObjectStreams: false })
}
