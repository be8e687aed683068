import type { HeldDocument, SignerProcess } from './signing-desk.ts'

/** Where the provider keeps processes and documents. */
export const RESOURCES = '/trustedx-resources/esignsp/v2'

/** Where the person's browser goes. */
export const UI = '/trustedx-resources/esignsp/ui'

interface DescribedDocument {
  readonly id: string
  readonly url: string
  readonly content: string
  readonly result?: { readonly status: string }
}

/** One document as the provider tells of it. @param url - of the stand-in */
export function describeDocument({ id, status }: HeldDocument, url: string): DescribedDocument {
  const self = `${url}${RESOURCES}/documents/${id}`
  return {
    id,
    url: self,
    content: `${self}/content`,
    ...(status === undefined ? {} : { result: { status } }),
  }
}

/** A process as the provider tells of it; the pending task is the address for the person's browser. */
export function describeProcess(
  process: SignerProcess,
  url: string,
): { readonly id: string; readonly self: string; readonly [member: string]: unknown } {
  const { id, wish, documents, isAnswered, result, signedBy } = process
  const task = { type: 'UserBrowserTask', id, url: `${url}${UI}/${id}` }
  const identity =
    signedBy === undefined
      ? {}
      : { sign_identity: { id: signedBy.uuid, url: `${url}/identities/${signedBy.uuid}` } }
  return {
    id,
    self: `${url}${RESOURCES}/signer_processes/${id}`,
    process_type: 'urn:safelayer:eidas:processes:document:sign:esigp',
    tasks: { pending: isAnswered ? [] : [task] },
    signing_information: { labels: wish.labels, ...identity },
    ...(result === undefined
      ? {}
      : { result: { status: result.status, details: { message: result.message } } }),
    documents: documents.map((document) => describeDocument(document, url)),
  }
}
