import type { SignedDocumentReader } from './check-signed-document.ts'
import { readSignatureFields } from './signature-fields.ts'
import { readSignerNumber } from './signer-number.ts'

/** Reads signed documents in this process, with the libraries for PDF and CMS: some thirty megabytes that stay loaded. */
export const signedDocumentReader: SignedDocumentReader = Object.freeze({
  fields: readSignatureFields,
  signerNumber: readSignerNumber,
})
