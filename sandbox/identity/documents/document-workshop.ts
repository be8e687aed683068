import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { DocumentError } from './document-error.ts'
import type { DocumentAnswer, DocumentJob, VerifiedSignature } from './document-job.ts'

const PROCESS = fileURLToPath(
  new URL(`document-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
)

/** Longest time of one piece of work. Unit: ms. */
const TIME_LIMIT_MS = 120_000

/** How long the process waits for more work. Loading it takes longer than signing one document. Unit: ms. */
const LINGER_MS = 2_000

type Child = ChildProcessByStdio<Writable, Readable, Readable>

interface Worker {
  readonly child: Child
  readonly answers: AsyncIterator<string>
  readonly complaint: Promise<string>
}

/**
 * Signs, seals, completes and verifies documents in a process of its own, one after the other: the libraries for documents are large, and the
 * stand-in idles for days. The process ends when there was nothing to do for a while.
 */
export class DocumentWorkshop {
  #worker: Worker | undefined
  #before: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  /** Signs, seals or adds validation data. @throws DocumentError */
  async work(job: Exclude<DocumentJob, { kind: 'verify' }>): Promise<Buffer> {
    const answer = await this.#ask(job)
    if (!('bytes' in answer)) throw new TypeError('the document process gave no bytes')
    return Buffer.from(answer.bytes, 'base64')
  }

  /** Verifies every signature of a PDF. @throws DocumentError `not_a_document` */
  async verify(pdf: Uint8Array): Promise<readonly VerifiedSignature[]> {
    const answer = await this.#ask({ kind: 'verify', pdf: Buffer.from(pdf).toString('base64') })
    if (!('signatures' in answer)) throw new TypeError('the document process gave no signatures')
    return answer.signatures
  }

  /** Ends the process; what it is working on is not finished. */
  close(): void {
    clearTimeout(this.#idle)
    this.#worker?.child.kill('SIGKILL')
    this.#worker = undefined
  }

  async #ask(job: DocumentJob): Promise<Extract<DocumentAnswer, { ok: true }>> {
    const asking = this.#before.then(async () => await this.#askNow(job))
    this.#before = asking.catch(() => undefined)
    return await asking
  }

  async #askNow(job: DocumentJob): Promise<Extract<DocumentAnswer, { ok: true }>> {
    clearTimeout(this.#idle)
    this.#worker ??= startWorker()
    const { child, answers, complaint } = this.#worker
    const late = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS)
    child.stdin.write(`${JSON.stringify(job)}\n`)
    const { value, done } = await answers.next()
    clearTimeout(late)
    if (done === true) {
      this.#worker = undefined
      throw new Error(`the document process ended with no answer: ${await complaint}`)
    }
    this.#idle = setTimeout(() => this.#end(), LINGER_MS)
    const answer = JSON.parse(value) as DocumentAnswer
    if (!answer.ok) throw new DocumentError(answer.problem, answer.message)
    return answer
  }

  #end(): void {
    this.#worker?.child.stdin.end()
    this.#worker = undefined
  }
}

function startWorker(): Worker {
  // Nothing of this process's environment but where compiled sources are kept.
  const compiled = getCompileCacheDir()
  const env = compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }
  const child = spawn(process.execPath, [PROCESS], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  // A process that ended early cannot be written to; its missing answer says so.
  child.stdin.on('error', () => undefined)
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, answers, complaint: text(child.stderr) }
}
