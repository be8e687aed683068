import { randomInt, randomUUID } from 'node:crypto'
import type { SwitchBoard } from '../control/switches.ts'
import { DocumentError } from '../documents/document-error.ts'
import { backTo } from '../login/login-desk.ts'
import type { Persona } from '../personas.ts'
import type { ProcessWish, SignerWish } from './process-request.ts'

export type SignStatus = 'finished' | 'failed' | 'failed_documents' | 'canceled'

/** A document with the client it belongs to. */
export interface HeldDocument {
  readonly id: string
  readonly clientId: string
  readonly wish: SignerWish
  /** The signed bytes, once there are some. */
  pdf: Uint8Array
  status?: 'finished' | 'failed' | 'canceled'
}

/** One signing process. */
export interface SignerProcess {
  readonly id: string
  readonly clientId: string
  readonly wish: ProcessWish
  readonly documents: readonly HeldDocument[]
  /** Shown on the page and, in life, on the telephone. */
  readonly number: number
  /** Whether somebody has answered already; the result may still be on its way. */
  isAnswered: boolean
  /** Where the browser that answered will go; set while it is shown a page to wait on. */
  answering?: Promise<AfterAnswer>
  /** Set when all is over. */
  result?: { readonly status: SignStatus; readonly message: string }
  signedBy?: Persona
  /** How many more questions for the result are answered as if there were none. */
  withheld: number
}

/** Signs one document, or says why not. @throws DocumentError */
export type SignOne = (document: HeldDocument, persona: Persona) => Promise<Uint8Array>

/** Where the browser goes after an answer. `nowhere` is a callback that never comes. */
export type AfterAnswer = { readonly to: string } | 'nowhere' | 'gone'

const MAX_PROCESSES = 200
const EARLY_QUESTIONS = 2

/** Signing processes from their start until they are deleted. The oldest make room for new ones. */
export class SigningDesk {
  readonly #switches: SwitchBoard
  readonly #sign: SignOne
  readonly #waitMs: (ms: number) => Promise<void>
  readonly #processes = new Map<string, SignerProcess>()
  readonly #documents = new Map<string, HeldDocument>()

  constructor(switches: SwitchBoard, sign: SignOne, waitMs: (ms: number) => Promise<void>) {
    this.#switches = switches
    this.#sign = sign
    this.#waitMs = waitMs
  }

  hold(clientId: string, wish: SignerWish, pdf: Uint8Array): HeldDocument {
    const document = { id: randomUUID(), clientId, wish, pdf }
    this.#documents.set(document.id, document)
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_PROCESSES) break
      this.#documents.delete(oldest)
    }
    return document
  }

  start(clientId: string, wish: ProcessWish, documents: readonly HeldDocument[]): SignerProcess {
    const id = randomUUID()
    const process = {
      id,
      clientId,
      wish,
      documents,
      number: randomInt(10, 100),
      isAnswered: false,
      withheld: 0,
    }
    this.#processes.set(id, process)
    for (const oldest of this.#processes.keys()) {
      if (this.#processes.size <= MAX_PROCESSES) break
      this.delete(oldest)
    }
    return process
  }

  /** @param clientId - whose process it has to be; absent for the person's own browser */
  process(id: string, clientId?: string): SignerProcess | undefined {
    const process = this.#processes.get(id)
    return clientId === undefined || process?.clientId === clientId ? process : undefined
  }

  document(id: string, clientId?: string): HeldDocument | undefined {
    const document = this.#documents.get(id)
    return clientId === undefined || document?.clientId === clientId ? document : undefined
  }

  /** Deletes a process and its documents. @returns whether there was one */
  delete(id: string): boolean {
    for (const { id: document } of this.#processes.get(id)?.documents ?? []) this.#documents.delete(document)
    return this.#processes.delete(id)
  }

  /** What a forged or early callback looks like: all well, and nothing proved. `undefined` without such a switch. */
  hastyCallback(process: SignerProcess): string | undefined {
    return this.#switches.now.callback === 'forged' && !process.isAnswered
      ? callbackOf(process, 'finished')
      : undefined
  }

  /** The person answered on the telephone. One answer counts. */
  async answer(id: string, persona: Persona, isApproved: boolean): Promise<AfterAnswer> {
    const process = this.#processes.get(id)
    if (process === undefined || process.isAnswered) return 'gone'
    process.isAnswered = true
    const { callback, phoneDelayMs } = this.#switches.now
    process.withheld = callback === 'early' ? EARLY_QUESTIONS : 0
    const done = this.#finish(process, persona, isApproved, phoneDelayMs)
    if (callback === 'early') {
      // Nobody waits for it: the result is asked for. What it throws is a defect and ends the process.
      void done
      return { to: callbackOf(process, 'finished') }
    }
    await done
    return callback === 'never' ? 'nowhere' : { to: callbackOf(process, process.result?.status ?? 'failed') }
  }

  /** What the server is told about the result: nothing yet, or all of it. */
  resultOf(process: SignerProcess): SignerProcess['result'] {
    if (process.result === undefined) return undefined
    if (process.withheld === 0) return process.result
    process.withheld -= 1
    return undefined
  }

  async #finish(
    process: SignerProcess,
    persona: Persona,
    isApproved: boolean,
    delayMs: number,
  ): Promise<void> {
    await this.#waitMs(delayMs)
    if (!isApproved || this.#switches.now.personCancels) {
      for (const document of process.documents) document.status = 'canceled'
      process.result = { status: 'canceled', message: 'the person cancelled' }
      return
    }
    if (persona.sop === 'SOP1') {
      for (const document of process.documents) document.status = 'failed'
      process.result = { status: 'failed', message: 'the level of the person does not allow to sign' }
      return
    }
    process.signedBy = persona
    process.result = await this.#signAll(process, persona)
  }

  async #signAll(
    { documents }: SignerProcess,
    persona: Persona,
  ): Promise<NonNullable<SignerProcess['result']>> {
    const problems: string[] = []
    for (const [index, document] of documents.entries()) {
      const problem = await this.#signDocument(document, persona, index)
      document.status = problem === undefined ? 'finished' : 'failed'
      if (problem !== undefined) problems.push(problem)
    }
    const message = problems.join('; ')
    if (problems.length === 0) return { status: 'finished', message: '' }
    return { status: problems.length === documents.length ? 'failed' : 'failed_documents', message }
  }

  async #signDocument(document: HeldDocument, persona: Persona, index: number): Promise<string | undefined> {
    if (this.#switches.now.failsDocument === index) return `document ${index} was not signed`
    try {
      document.pdf = await this.#sign(document, persona)
      return undefined
    } catch (error) {
      if (error instanceof DocumentError) return error.message
      throw error
    }
  }
}

function callbackOf({ wish, id }: SignerProcess, status: SignStatus): string {
  return backTo(wish.finishUrl, { status, signer_process_id: id })
}
