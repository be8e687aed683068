import type { DocumentToSign, SigningRequest } from '../document-signing.ts'

const PROCESS_TYPE = 'urn:safelayer:eidas:processes:document:sign:esigp'
const SIGNATURE_POLICY = 'urn:safelayer:eidas:policies:sign:document:pdf'
const TIMESTAMP_PROVIDER = 'urn:uae:tws:generation:policy:digitalid'

/** What a process is made of besides its documents. */
export type ProcessTerms = Pick<SigningRequest, 'callback' | 'language' | 'showFirst'> & {
  readonly timestampProvider: string | undefined
}

/** The part `process` of a request that carries its one document. */
export function singleProcess(terms: ProcessTerms, document: DocumentToSign): object {
  return { ...processHead(), signer: signerOf(document), ...processTail(terms) }
}

/** The body of a request for several documents that were sent before. */
export function severalProcess(
  terms: ProcessTerms,
  documents: readonly { readonly id: string; readonly url: string }[],
): object {
  return { ...processHead(), documents, ...processTail(terms) }
}

/** The signature that is asked for on a document. */
export function signerOf({ field }: DocumentToSign): object {
  const { x, y, height, width } = field.rectangle
  return {
    signature_policy_id: SIGNATURE_POLICY,
    parameters: {
      type: 'pades-baseline',
      signature_field: {
        name: field.name,
        location: { page: { number: String(field.page) }, rectangle: { x, y, height, width } },
        appearance: {
          signature_details: {
            details: [
              { type: 'subject', title: '' },
              { type: 'date', title: '' },
            ],
          },
        },
      },
    },
  }
}

function processHead(): object {
  return { process_type: PROCESS_TYPE, labels: [['digitalid', 'server', 'qualified']] }
}

function processTail({ callback, language, showFirst, timestampProvider }: ProcessTerms): object {
  return {
    ui_locales: [language === 'ar' ? 'ar_AE' : 'en_US'],
    finish_callback_url: callback,
    // The provider wants these as texts: "false" shows the document.
    views: { document_agreement: { skip_server_id: showFirst === false ? 'true' : 'false' } },
    timestamp: { provider_id: timestampProvider ?? TIMESTAMP_PROVIDER },
  }
}
