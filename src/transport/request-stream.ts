import type { ErrorCode } from '../protocol/error-codes.ts'
import {
  answerOpeningMatches,
  decodeAnswerOpening,
  decodeAnswerStatement,
  encodeFinalRequest,
} from '../protocol/statement.ts'
import type { AnswerOpening, AnswerStatement, BodyClaim, RequestOpening } from '../protocol/statement.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { BatchRecord } from './batch-record.ts'
import { FRAME } from './frame-layout.ts'
import { wholeAnswer } from './incoming-answer.ts'
import type { IncomingAnswer } from './incoming-answer.ts'
import type { IncomingBody } from './incoming-body.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import type { BodyIterator } from './outgoing-body.ts'
import { answerProblem, bodyProblem } from './stream-checks.ts'
import type { StreamHost } from './stream-host.ts'
import { ReceivingHalf } from './stream-receiving.ts'
import type { ReceivingOwner, WholeMessage } from './stream-receiving.ts'
import { SendingHalf } from './stream-sending.ts'
import type { SendingOwner } from './stream-sending.ts'
import { StreamedMessage } from './stream-message.ts'

/** One request of ours and its answer: the stream as the side sees it that opened it. */
export class RequestStream implements OutgoingRequest, SendingOwner, ReceivingOwner {
  /** 0 until the first frame is written. */
  id = 0
  readonly answer: Promise<IncomingAnswer>
  readonly sending: SendingHalf
  readonly receiving: ReceivingHalf
  readonly #host: StreamHost
  readonly #opening: RequestOpening
  readonly #resolve: (answer: IncomingAnswer) => void
  readonly #reject: (error: WuslaError) => void
  #openingText: string | undefined
  #sentRecord: BatchRecord | undefined
  #answered: StreamedMessage<AnswerOpening, AnswerStatement> | undefined
  #checked: AnswerStatement | undefined
  #verified = false
  #whole: WholeMessage | undefined
  #error: WuslaError | undefined
  #signal: AbortSignal | undefined
  #closed = false

  constructor(host: StreamHost, opening: RequestOpening) {
    this.#host = host
    this.#opening = opening
    const { promise, resolve, reject } = Promise.withResolvers<IncomingAnswer>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
    promise.catch(ignore)
    this.sending = new SendingHalf(host, this, FRAME.request)
    this.receiving = new ReceivingHalf(host, this, 'answers')
    host.table.reserve(this)
  }

  get exchange(): string {
    return this.#opening.exchange
  }

  sendWhole(statement: string, headerBlock: string, body: Uint8Array, isResent: boolean): void {
    this.sending.sendWhole(statement, headerBlock, body, isResent)
  }

  sendStream(openingText: string, headerBlock: string, source: BodyIterator): void {
    this.#openingText = openingText
    this.sending.sendStream(openingText, headerBlock, source)
  }

  /** Gives the exchange up when the signal aborts. */
  follow(signal: AbortSignal): void {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.cancel()
  }

  cancel(code: ErrorCode = 'stream_cancelled'): void {
    this.#giveUp(new WuslaError(code))
  }

  onReset(code: ErrorCode, detail: string | undefined): void {
    if (!this.receiving.ended) this.receiving.onReset()
    // After a whole answer a RESET only asks us to stop sending: the answer stays good (spec 5.8).
    if (this.receiving.ended && !this.#verified) {
      this.#fail(new WuslaError(code, detail === undefined ? {} : { details: { detail } }))
    }
    this.sending.answerReset('stream_cancelled')
    this.#closeIfDone()
  }

  onSessionEnd(error: WuslaError): void {
    this.sending.end()
    if (!this.#verified) this.#fail(error)
    this.#close()
  }

  assignId(): void {
    if (this.id === 0) this.id = this.#host.table.open(this)
  }

  finalText(claim: BodyClaim): string {
    return encodeFinalRequest(this.#opening, claim)
  }

  onSent(record: BatchRecord): void {
    this.#sentRecord = record
    this.#closeIfDone()
  }

  onSourceError(cause: unknown): void {
    this.#giveUp(toWuslaError(cause, 'stream_cancelled'))
  }

  onOpening(text: string, headerBlock: string, body: IncomingBody): string | undefined {
    let opening: AnswerOpening
    try {
      opening = decodeAnswerOpening(text)
    } catch {
      return 'answer_form'
    }
    const problem = this.#problem(opening, headerBlock)
    if (problem !== undefined) return problem
    const answered = new StreamedMessage<AnswerOpening, AnswerStatement>(opening, body)
    this.#answered = answered
    if (this.#error !== undefined) {
      answered.fail(this.#error)
      return undefined
    }
    const { complete, recorded } = answered
    this.#resolve({ statement: opening, headerBlock, body, complete, recorded })
    return undefined
  }

  checkFinal(text: string, claim: BodyClaim, whole: WholeMessage | undefined): string | undefined {
    let statement: AnswerStatement
    try {
      statement = decodeAnswerStatement(text)
    } catch {
      return 'answer_form'
    }
    this.#checked = statement
    this.#whole = whole
    if (whole !== undefined) {
      return this.#problem(statement, whole.headerBlock) ?? bodyProblem(statement, claim)
    }
    const opening = this.#answered?.opening
    if (opening === undefined || !answerOpeningMatches(opening, statement)) return 'answer_opening'
    return bodyProblem(statement, claim)
  }

  onVerified(record: BatchRecord): void {
    const statement = this.#checked
    if (statement === undefined) return
    const recorded = this.#sentRecord === undefined ? record.promise : record.with(this.#sentRecord)
    // Only now: a recorder that throws ends the session, and the end of the session must still reach whoever waits.
    this.#verified = true
    if (this.#answered !== undefined) this.#answered.release(statement, recorded)
    else if (this.#whole !== undefined && this.#error === undefined) {
      this.#resolve(wholeAnswer(statement, this.#whole.headerBlock, this.#whole.body, recorded))
    }
    this.#closeIfDone()
  }

  onAbandoned(): void {
    this.cancel()
  }

  onOverflow(): void {
    this.#giveUp(new WuslaError('overloaded'))
  }

  readonly #onAbort = (): void => this.cancel()

  #problem(answer: AnswerOpening, headerBlock: string): string | undefined {
    return answerProblem(answer, this.#host.peerHeads.digest(answer.status, headerBlock), {
      exchange: this.#opening.exchange,
      statement: this.sending.statement === '' ? undefined : this.sending.statement,
      opening: this.#openingText,
    })
  }

  #giveUp(error: WuslaError): void {
    if (this.#closed || this.#error !== undefined) return
    this.#fail(error)
    if (this.sending.ended && this.receiving.ended) return
    const known = this.sending.reset(error.code)
    if (known) this.#closeIfDone()
    else this.#close()
  }

  #fail(error: WuslaError): void {
    this.#error = error
    this.#reject(error)
    this.#answered?.fail(error)
  }

  #closeIfDone(): void {
    if (this.sending.ended && this.receiving.ended) this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#host.table.closeOwn(this)
    if (!this.#verified || this.#sentRecord !== undefined || this.#openingText === undefined) return
    this.#host.options.recordIncomplete?.({
      opening: this.#openingText,
      exchange: this.exchange,
      direction: 'sent',
    })
  }
}

function ignore(): void {
  // Whoever asked for the answer is told; if nobody waits any more, nobody has to know.
}
