import { createHash } from 'node:crypto'
import { type PDFContext, PDFDict, PDFHexString, PDFName, type PDFRef } from '@cantoo/pdf-lib'
import type { DocumentJob } from './document-job.ts'
import { bytesOf } from './seal-bytes.ts'
import { openDocument } from './sign-document.ts'
import { signaturesIn } from './verify-document.ts'

/**
 * Appends certificates, status answers and revocation lists as `/DSS` with one `/VRI` for each signature (ETSI EN 319 142-1 section
 * 5.4.2): from B-T to B-LT. The earlier bytes stay as they are.
 *
 * @throws DocumentError `not_a_document`
 */
export async function addValidation({
  pdf,
  data,
}: Extract<DocumentJob, { kind: 'add-validation' }>): Promise<Uint8Array> {
  const document = await openDocument(bytesOf(pdf))
  const { context, catalog } = document
  const certificates = streams(context, data.certificates)
  const statusAnswers = streams(context, data.statusAnswers)
  const revocationLists = streams(context, data.revocationLists)
  const vri = context.obj({})
  for (const { dictionary } of signaturesIn(document)) {
    const contents = dictionary.lookup(PDFName.of('Contents'), PDFHexString).asBytes()
    // The key is the digest of the whole value, with the zeros behind the signature.
    const key = createHash('sha1').update(contents).digest('hex').toUpperCase()
    const entry = context.obj({ Cert: certificates, OCSP: statusAnswers, CRL: revocationLists })
    vri.set(PDFName.of(key), context.register(entry))
  }
  const store = context.obj({ Type: 'DSS', Certs: certificates, OCSPs: statusAnswers, CRLs: revocationLists })
  store.set(PDFName.of('VRI'), vri)
  catalog.set(PDFName.of('DSS'), context.register(store))
  declareExtension(catalog)
  return await document.commit({ useObjectStreams: false })
}

/** A reader knows by this that the document uses what ETSI added to PDF 1.7 (section 5.6). */
function declareExtension(catalog: PDFDict): void {
  const { context } = catalog
  const existing = catalog.lookupMaybe(PDFName.of('Extensions'), PDFDict) ?? context.obj({})
  existing.set(PDFName.of('ESIC'), context.obj({ BaseVersion: '1.7', ExtensionLevel: 2 }))
  catalog.set(PDFName.of('Extensions'), existing)
}

function streams(context: PDFContext, values: readonly string[]): PDFRef[] {
  return values.map((value) => context.register(context.flateStream(bytesOf(value))))
}
