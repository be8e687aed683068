/**
 * The longest text of a proof in a document. In a file of its own: who writes such a text needs no library for PDF. Unit:
 * bytes.
 */
export const MAX_PROOF_BYTES = 4_194_304
