import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { DocumentError } from './document-error.ts'
import type { DocumentAnswer, DocumentJob, VerifiedSignature } from './document-job.ts'

const PROCESS = fileURLToPath(
  new URL(`document-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
)

const TIME_LIMIT_MS = 120_000

/** Signs, seals or adds validation data in a process of its own, which ends with the job. @throws DocumentError */
export async function runDocumentJob(job: Exclude<DocumentJob, { kind: 'verify' }>): Promise<Buffer> {
  const answer = await ask(job)
  if (!('bytes' in answer)) throw new TypeError('the document process gave no bytes')
  return Buffer.from(answer.bytes, 'base64')
}

/** Verifies every signature of a PDF in a process of its own. @throws DocumentError `not_a_document` */
export async function runVerifyJob(pdf: Uint8Array): Promise<readonly VerifiedSignature[]> {
  const answer = await ask({ kind: 'verify', pdf: Buffer.from(pdf).toString('base64') })
  if (!('signatures' in answer)) throw new TypeError('the document process gave no signatures')
  return answer.signatures
}

async function ask(job: DocumentJob): Promise<Extract<DocumentAnswer, { ok: true }>> {
  const child = spawn(process.execPath, [PROCESS], {
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  // A process that ended early cannot be written to; its missing answer says so.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(job))
  const ended = once(child, 'close')
  const [answer, complaint] = await Promise.all([
    json(child.stdout).catch(() => undefined) as Promise<DocumentAnswer | undefined>,
    text(child.stderr),
  ])
  const [exitCode, signal] = (await ended) as [number | null, string | null]
  if (answer === undefined)
    throw new Error(`the document process ended with ${signal ?? exitCode} and no answer: ${complaint}`)
  if (!answer.ok) throw new DocumentError(answer.problem, answer.message)
  return answer
}
