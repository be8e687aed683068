import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HiddenText } from '../../identity/hidden-text.ts'
import type { SignedDocumentReader } from '../../identity/check-signed-document.ts'
import { isErrorCode } from '../../protocol/error-codes.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { DocumentAnswer, DocumentTask, DocumentWork } from './document-job.ts'

/** The process's file stands beside this one, in source as in the built form. */
const PROCESS = fileURLToPath(
  new URL(`document-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
)

/** The longest task fetches for 30 seconds. Milliseconds. */
const TIME_LIMIT_MS = 120_000
/** How long the process waits for another task: those of one signing come one after the other. Milliseconds. */
const IDLE_MS = 20_000
const MAX_HEAP_MB = 512

/**
 * The process that takes signed documents apart: started with the first task, ended a while after the last one. It does one task at a time. A document that
 * makes it crash, or never come back, costs that task alone.
 */
export class DocumentWorker implements AsyncDisposable {
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly #program: string

  /** @param options.program - file that the process runs; default: the one beside this file */
  constructor({ program = PROCESS }: { readonly program?: string } = {}) {
    this.#program = program
  }

  /** Reads what a provider sends back, for {@link openUaePass}. */
  readonly reader: SignedDocumentReader = Object.freeze({
    fields: async (pdf: Uint8Array) => await this.run('fields', { pdf }),
    signerNumber: async (cms: Uint8Array) => new HiddenText(await this.run('signerNumber', { cms })),
  })

  /**
   * Has a task done.
   *
   * @throws WuslaError what the task throws; `document_process_failed` when the process ended or took too long
   */
  async run<Task extends DocumentTask>(
    task: Task,
    job: DocumentWork[Task]['job'],
  ): Promise<DocumentWork[Task]['gives']> {
    this.#waiting += 1
    clearTimeout(this.#idle)
    const done = this.#last.then(async () => await this.#ask(task, job))
    // The next task comes after this one, whatever becomes of it; its own caller gets the error.
    this.#last = done.catch(() => undefined)
    try {
      return (await done) as DocumentWork[Task]['gives']
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0) this.#rest()
    }
  }

  /** Starts the process ahead of a task that is about to come. */
  warm(): void {
    this.#start()
    if (this.#waiting === 0) this.#rest()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#end()
  }

  async #ask(task: DocumentTask, job: object): Promise<unknown> {
    const child = this.#start()
    child.ref()
    child.channel?.ref()
    const given = await answerOf(child, { task, job })
    if (given === undefined) {
      await this.#end()
      throw new WuslaError('document_process_failed', { details: { task } })
    }
    if (given.ok) return given.value
    const { code, message, details } = given
    throw new WuslaError(isErrorCode(code) ? code : 'document_process_failed', { message, details })
  }

  #start(): ChildProcess {
    if (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      return this.#child
    // Nothing of this process's environment but where compiled sources are kept: a document that took the process over would find no secret in it.
    const compiled = getCompileCacheDir()
    this.#child = fork(this.#program, [], {
      env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) },
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    return this.#child
  }

  #rest(): void {
    clearTimeout(this.#idle)
    // An idle process keeps no gateway from ending.
    this.#child?.unref()
    this.#child?.channel?.unref()
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS)
    this.#idle.unref()
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle)
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.ref()
    child.kill('SIGKILL')
    await ended
  }
}

/** @returns undefined when the process ended or took too long */
async function answerOf(child: ChildProcess, request: object): Promise<DocumentAnswer | undefined> {
  return await new Promise((resolve) => {
    const end = (answer: DocumentAnswer | undefined): void => {
      clearTimeout(timer)
      child.off('message', heard)
      child.off('exit', ended)
      child.off('error', ended)
      resolve(answer)
    }
    const heard = (message: unknown): void => end(message as DocumentAnswer)
    const ended = (): void => end(undefined)
    const timer = setTimeout(ended, TIME_LIMIT_MS)
    child.once('message', heard)
    child.once('exit', ended)
    child.once('error', ended)
    child.send(request, (error) => {
      if (error !== null) ended()
    })
  })
}
