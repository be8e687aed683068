import { createInterface } from 'node:readline'
import { addValidation } from './add-validation.ts'
import type { DocumentAnswer, DocumentJob } from './document-job.ts'
import { DocumentError } from './document-error.ts'
import { sealBytes } from './seal-bytes.ts'
import { signDocument } from './sign-document.ts'
import { verifyDocument } from './verify-document.ts'

// A process of its own, which ends with its input: a job on each line of it, an answer on each line of the output.

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as DocumentJob))}\n`)
}

async function answer(job: DocumentJob): Promise<DocumentAnswer> {
  try {
    if (job.kind === 'verify') return { ok: true, signatures: await verifyDocument(job) }
    return { ok: true, bytes: Buffer.from(await work(job)).toString('base64') }
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    return { ok: false, problem: error.problem, message: error.message }
  }
}

async function work(wanted: Exclude<DocumentJob, { kind: 'verify' }>): Promise<Uint8Array> {
  if (wanted.kind === 'sign') return await signDocument(wanted)
  if (wanted.kind === 'seal-bytes') return await sealBytes(wanted)
  return await addValidation(wanted)
}
