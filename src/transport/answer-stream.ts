import { digest256 } from '../protocol/digest.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import {
  decodeRequestOpening,
  decodeRequestStatement,
  encodeAnswerOpening,
  encodeFinalAnswer,
  requestOpeningMatches,
} from '../protocol/statement.ts'
import type { AnswerOpening, BodyClaim, RequestOpening, RequestStatement } from '../protocol/statement.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { BatchRecord } from './batch-record.ts'
import { FRAME } from './frame-layout.ts'
import type { IncomingBody } from './incoming-body.ts'
import type { AnswerDraft, MessageBody } from './incoming-request.ts'
import { ServedRequest } from './incoming-served-request.ts'
import type { ServedBy } from './incoming-served-request.ts'
import { checkOutgoingSizes, planBody } from './outgoing-message.ts'
import { bodyProblem, requestHeadProblem } from './stream-checks.ts'
import type { StreamHost } from './stream-host.ts'
import { StreamedMessage } from './stream-message.ts'
import { ReceivingHalf } from './stream-receiving.ts'
import type { ReceivingOwner, WholeMessage } from './stream-receiving.ts'
import { SendingHalf } from './stream-sending.ts'
import type { SendingOwner } from './stream-sending.ts'

interface Answering {
  readonly opening: AnswerOpening
  readonly resolve: () => void
  readonly reject: (error: WuslaError) => void
}

/** One request of the peer and our answer: the stream as the side sees it that did not open it. */
export class AnswerStream implements ServedBy, SendingOwner, ReceivingOwner {
  readonly id: number
  readonly sending: SendingHalf
  readonly receiving: ReceivingHalf
  /** Set when the REQUEST is read. */
  isResent = false
  readonly #host: StreamHost
  #exchange: string | undefined
  /** Digest of what the answer names: of the opening until the final statement is verified (spec 7.5). */
  #namedText = ''
  #checked: RequestStatement | undefined
  #whole: WholeMessage | undefined
  #streamed: StreamedMessage<RequestOpening, RequestStatement> | undefined
  #openingText: string | undefined
  #verified = false
  #served: ServedRequest | undefined
  #answering: Answering | undefined
  #answered = false
  #error: WuslaError | undefined
  #closed = false

  constructor(host: StreamHost, id: number) {
    this.#host = host
    this.id = id
    this.sending = new SendingHalf(host, this, FRAME.answer)
    this.receiving = new ReceivingHalf(host, this, 'requests')
  }

  get peer(): string {
    return this.#host.peer
  }

  get peerFeatures(): readonly string[] {
    return this.#host.peerFeatures
  }

  confirm(): Promise<boolean> {
    return this.#host.confirm()
  }

  answer(draft: AnswerDraft, headerBlock: string, body: MessageBody): Promise<void> {
    if (this.#error !== undefined) return handled(Promise.reject(this.#error))
    if (this.#answering !== undefined)
      return handled(Promise.reject(new TypeError('a request is answered once')))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    try {
      const opening = this.#openAnswer(draft, headerBlock)
      const plan = planBody(body)
      if (plan.whole) {
        const text = encodeFinalAnswer(opening, plan.claim)
        checkOutgoingSizes(text, headerBlock)
        this.#answering = { opening, resolve, reject }
        this.sending.sendWhole(text, headerBlock, plan.body)
      } else {
        const text = encodeAnswerOpening(opening)
        checkOutgoingSizes(text, headerBlock)
        this.#answering = { opening, resolve, reject }
        this.sending.sendStream(text, headerBlock, plan.source)
      }
    } catch (cause) {
      reject(cause)
    }
    return handled(promise)
  }

  reset(code: ErrorCode, detail?: string): void {
    this.#giveUp(new WuslaError(code), detail)
  }

  onReset(code: ErrorCode, detail: string | undefined): void {
    this.receiving.onReset()
    this.#cancel(new WuslaError(code, detail === undefined ? {} : { details: { detail } }))
    this.sending.answerReset('stream_cancelled')
    if (this.sending.ended) this.#rejectAnswer()
    this.#closeIfDone()
  }

  onSessionEnd(error: WuslaError): void {
    this.sending.end()
    this.#cancel(error, true)
    this.#rejectAnswer()
    this.#close()
  }

  assignId(): void {
    // The peer gave the stream its id.
  }

  finalText(claim: BodyClaim): string {
    if (this.#answering === undefined) throw new TypeError('an answer ends before it begins')
    return encodeFinalAnswer(this.#answering.opening, claim)
  }

  onSent(): void {
    this.#answered = true
    this.#answering?.resolve()
    this.#stopUnwantedRequest()
    this.#closeIfDone()
  }

  onSourceError(cause: unknown): void {
    this.#giveUp(toWuslaError(cause, 'service_failed'))
  }

  onOpening(text: string, headerBlock: string, body: IncomingBody): string | undefined {
    let opening: RequestOpening
    try {
      opening = decodeRequestOpening(text)
    } catch {
      return 'request_form'
    }
    const problem = this.#register(opening) ?? requestHeadProblem(opening, headerBlock)
    if (problem !== undefined) return problem
    this.#namedText = text
    this.#openingText = text
    const streamed = new StreamedMessage<RequestOpening, RequestStatement>(opening, body)
    this.#streamed = streamed
    const { complete } = streamed
    const sealedText = (): string => this.receiving.statement
    this.#deliver({
      statement: opening,
      statementText: text,
      headerBlock,
      body,
      complete,
      sealedText,
      recorded: () => streamed.recorded,
    })
    return undefined
  }

  checkFinal(text: string, claim: BodyClaim, whole: WholeMessage | undefined): string | undefined {
    let statement: RequestStatement
    try {
      statement = decodeRequestStatement(text)
    } catch {
      return 'request_form'
    }
    this.#checked = statement
    this.#whole = whole
    if (whole !== undefined) {
      return (
        this.#register(statement) ??
        requestHeadProblem(statement, whole.headerBlock) ??
        bodyProblem(statement, claim)
      )
    }
    const opening = this.#streamed?.opening
    if (opening === undefined || !requestOpeningMatches(opening, statement)) return 'request_opening'
    return bodyProblem(statement, claim)
  }

  onVerified(record: BatchRecord): void {
    const statement = this.#checked
    if (statement === undefined) return
    this.#verified = true
    this.#namedText = this.receiving.statement
    if (this.#streamed !== undefined) this.#streamed.release(statement, record.promise)
    else if (this.#whole !== undefined && this.#error === undefined) {
      const { headerBlock, body } = this.#whole
      const statementText = this.receiving.statement
      const sealedText = (): string => statementText
      this.#deliver({
        statement,
        statementText,
        headerBlock,
        body,
        complete: undefined,
        sealedText,
        recorded: () => record.promise,
      })
    }
    this.#closeIfDone()
  }

  onAbandoned(): void {
    this.#stopUnwantedRequest()
  }

  onOverflow(): void {
    this.#giveUp(new WuslaError('overloaded'))
  }

  /** Notes the exchange as under way; a second one of that name is refused. */
  #register(opening: RequestOpening): string | undefined {
    const { peerExchanges } = this.#host.table
    if (peerExchanges.has(opening.exchange)) return 'exchange_open'
    peerExchanges.set(opening.exchange, this)
    this.#exchange = opening.exchange
    return undefined
  }

  #deliver(parts: ConstructorParameters<typeof ServedRequest>[1]): void {
    if (this.#host.closedBy !== undefined) return
    const served = new ServedRequest(this, parts)
    this.#served = served
    try {
      this.#host.options.onRequest(served)
    } catch (cause) {
      this.#host.handlerFailed(cause)
      this.reset('internal_error')
    }
  }

  #openAnswer(draft: AnswerDraft, headerBlock: string): AnswerOpening {
    const { error, status, time } = draft
    const opening: AnswerOpening = {
      exchange: this.#exchange ?? '',
      head: this.#host.ownHeads.digest(status, headerBlock),
      request: digest256(this.#namedText),
      status,
      time,
    }
    return error === undefined ? opening : { ...opening, error }
  }

  /** Answered, and nobody reads the rest of the request: asks the peer to stop sending it (spec 5.8). */
  #stopUnwantedRequest(): void {
    if (!this.#answered || this.receiving.ended || this.#error !== undefined) return
    if (this.#streamed === undefined || this.#streamed.body.wanted) return
    this.#giveUp(new WuslaError('stream_cancelled'))
  }

  #giveUp(error: WuslaError, detail?: string): void {
    if (this.#closed || this.#error !== undefined) return
    this.#cancel(error)
    this.sending.reset(error.code, detail)
    if (this.sending.ended) this.#rejectAnswer()
    this.#closeIfDone()
  }

  #cancel(error: WuslaError, isLost = false): void {
    this.#error ??= error
    this.#streamed?.fail(error)
    this.#served?.cancel(isLost)
  }

  #rejectAnswer(): void {
    if (!this.#answered && this.#error !== undefined) this.#answering?.reject(this.#error)
  }

  #closeIfDone(): void {
    if (this.sending.ended && this.receiving.ended) this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#host.table.closePeers(this, this.#exchange)
    if (this.#verified || !this.#answered || this.#openingText === undefined) return
    this.#host.options.recordIncomplete?.({
      opening: this.#openingText,
      exchange: this.#exchange ?? '',
      direction: 'received',
    })
  }
}

function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
