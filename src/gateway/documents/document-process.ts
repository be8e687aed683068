import { addValidationData } from '../../agreements/add-validation.ts'
import { attachProof } from '../../agreements/attach-proof.ts'
import type { MandateStanding } from '../../agreements/mandate-terms.ts'
import type { DocumentResult } from '../../agreements/signed-document-result.ts'
import { verifyAgreementPdf } from '../../agreements/verify-agreement-pdf.ts'
import { signedDocumentReader } from '../../identity/signed-document-reader.ts'
import { systemClock } from '../../protocol/clock.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { DocumentAnswer, DocumentTask, DocumentWork, MandateHistory, VerifyJob } from './document-job.ts'

// A process of its own: the libraries for documents are large, a gateway idles for months, and documents come from strangers.
// It ends when its gateway lets go of it, or ends itself.

type Doing = {
  readonly [Task in DocumentTask]: (job: DocumentWork[Task]['job']) => Promise<DocumentWork[Task]['gives']>
}

const doing: Doing = {
  verify,
  addValidationData: async ({ pdf, roots }) =>
    await addValidationData(pdf, { fetch: globalThis.fetch, clock: systemClock, roots }),
  attachProof: async ({ pdf, proof }) => await attachProof(pdf, proof),
  fields: async ({ pdf }) => await signedDocumentReader.fields(pdf),
  signerNumber: async ({ cms }) => (await signedDocumentReader.signerNumber(cms)).reveal(),
}

process.on('message', ({ task, job }: { readonly task: DocumentTask; readonly job: never }) => {
  void answer(task, job).then((given) => process.send?.(given))
})

async function answer(task: DocumentTask, job: never): Promise<DocumentAnswer> {
  try {
    return { ok: true, value: await doing[task](job) }
  } catch (cause) {
    // The words of a library can quote the document, and with it the certificate of a person.
    const { code, message, details } = toWuslaError(cause, 'document_process_failed')
    return { ok: false, code, message, details }
  }
}

async function verify({
  pdf,
  unsigned,
  signers,
  awaitsSecond,
  mandates,
  ...options
}: VerifyJob): Promise<DocumentResult> {
  return await verifyAgreementPdf(pdf, {
    ...options,
    requireRevocation: true,
    typeset: async () => await Promise.resolve(unsigned),
    mandates: {
      signers,
      ...(awaitsSecond === undefined ? {} : { awaitsSecond }),
      at: (mandate, time) => standingAt(mandates[mandate], time),
    },
  })
}

function standingAt(history: MandateHistory | undefined, time: string): MandateStanding {
  const standing = history?.periods.findLast(({ from }) => from <= time)?.standing ?? 'unknown'
  if (history === undefined || standing !== 'valid')
    return { standing: standing === 'valid' ? 'unknown' : standing }
  return { standing, terms: history.terms }
}
