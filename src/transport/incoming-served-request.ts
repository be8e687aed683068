import { digest256 } from '../protocol/digest.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import type { RequestOpening, RequestStatement } from '../protocol/statement.ts'
import type { AnswerDraft, IncomingRequest, MessageBody } from './incoming-request.ts'

/** What a delivered request consists of. */
export interface ServedParts {
  readonly statement: RequestOpening | RequestStatement
  readonly statementText: string
  readonly headerBlock: string
  readonly body: Buffer | AsyncIterable<Uint8Array>
  /** Undefined for a request that was complete when it was delivered. */
  readonly complete: Promise<RequestStatement> | undefined
  /** The sealed text of a streamed request. */
  readonly sealedText: () => string
  /** Asked for only by whoever waits: the question hurries the record. */
  readonly recorded: () => Promise<void>
}

/** The stream behind a delivered request. */
export interface ServedBy {
  readonly peer: string
  readonly peerFeatures: readonly string[]
  readonly isResent: boolean
  confirm(): Promise<boolean>
  answer(draft: AnswerDraft, headerBlock: string, body: MessageBody): Promise<void>
  reset(code: ErrorCode, detail?: string): void
}

/** The face of a stream towards the gateway: made only when a request is delivered. */
export class ServedRequest implements IncomingRequest {
  readonly statement: RequestOpening | RequestStatement
  readonly statementText: string
  readonly headerBlock: string
  readonly body: Buffer | AsyncIterable<Uint8Array>
  readonly #by: ServedBy
  readonly #parts: ServedParts
  #cancelled = false
  #isLost = false
  #listeners: (() => void)[] | undefined

  constructor(by: ServedBy, parts: ServedParts) {
    this.#by = by
    this.#parts = parts
    this.statement = parts.statement
    this.statementText = parts.statementText
    this.headerBlock = parts.headerBlock
    this.body = parts.body
  }

  get recorded(): Promise<void> {
    return this.#parts.recorded()
  }

  get peer(): string {
    return this.#by.peer
  }

  get peerFeatures(): readonly string[] {
    return this.#by.peerFeatures
  }

  get complete(): Promise<RequestStatement> {
    return this.#parts.complete ?? Promise.resolve(this.statement as RequestStatement)
  }

  get requestDigest(): Promise<string> {
    const { complete, sealedText } = this.#parts
    if (complete === undefined) return Promise.resolve(digest256(this.statementText))
    return complete.then(() => digest256(sealedText()))
  }

  get isResent(): boolean {
    return this.#by.isResent
  }

  get isLost(): boolean {
    return this.#isLost
  }

  confirm(): Promise<boolean> {
    return this.#by.confirm()
  }

  get cancelled(): boolean {
    return this.#cancelled
  }

  onCancel(listener: () => void): void {
    if (this.#cancelled) listener()
    else (this.#listeners ??= []).push(listener)
  }

  answer(draft: AnswerDraft, headerBlock: string, body: MessageBody): Promise<void> {
    return this.#by.answer(draft, headerBlock, body)
  }

  reset(code: ErrorCode, detail?: string): void {
    this.#by.reset(code, detail)
  }

  /** Tells whoever works on the request that nobody wants the answer any more, or that its session is lost. */
  cancel(isLost: boolean): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#isLost = isLost
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }
}
