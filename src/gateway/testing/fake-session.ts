import type { AnswerStatement, RequestOpening } from '../../protocol/statement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { type IncomingAnswer, wholeAnswer } from '../../transport/incoming-answer.ts'
import type { IncomingRequest, MessageBody } from '../../transport/incoming-request.ts'
import type { Session, SessionStatistics } from '../../transport/session.ts'
import type { SessionClosed } from '../../transport/session-event.ts'

/** One request given to a {@link FakeSession}: the test answers it. */
export interface SentRequest {
  readonly opening: RequestOpening
  readonly headerBlock: string
  readonly body: MessageBody
  readonly isResent: boolean
  readonly cancelled: string[]
  readonly answered: PromiseWithResolvers<IncomingAnswer>
}

/** A session that sends nothing anywhere. */
export class FakeSession {
  open = true
  lagMs = 0
  silentMs = 0
  hasStreamedMessages = false
  /** What {@link close} was given. */
  graceMs: number | undefined
  readonly peer: string = 'AE-DU/SEMI/DEWA/gw-1'
  peerFeatures: readonly string[] = ['acknowledgement']
  readonly sent: SentRequest[] = []
  readonly ended: PromiseWithResolvers<SessionClosed> = Promise.withResolvers()
  readonly destroyedWith: string[] = []

  get closed(): Promise<SessionClosed> {
    return this.ended.promise
  }

  /** The same object under the type that the gateway asks for. */
  get asSession(): Session {
    return this as unknown as Session
  }

  send(opening: RequestOpening, headerBlock: string, body: MessageBody, isResent = false): unknown {
    const cancelled: string[] = []
    const answered = Promise.withResolvers<IncomingAnswer>()
    const cancel = (code = 'stream_cancelled'): void => {
      cancelled.push(code)
      answered.reject(new WuslaError('stream_cancelled'))
    }
    if (!this.open) throw new WuslaError('session_closed')
    this.sent.push({ opening, headerBlock, body, isResent, cancelled, answered })
    return { exchange: opening.exchange, answer: answered.promise, cancel }
  }

  destroy(error: WuslaError = new WuslaError('session_closed')): void {
    this.destroyedWith.push(error.code)
    this.end()
  }

  close(graceMs?: number): Promise<SessionClosed> {
    this.graceMs = graceMs
    this.end()
    return this.closed
  }

  statistics(): Partial<SessionStatistics> {
    const streams = this.sent.length
    return { streams, ownStreamsOpened: streams, peerStreamsOpened: 0, bytesRead: 0, bytesWritten: 0 }
  }

  end(): void {
    this.open = false
    this.ended.resolve({ code: 'session_closed', by: 'local' })
  }
}

/** An answer that came whole; durable when the test says so. */
export function makeAnswer(
  recorded: Promise<void>,
  changes: Partial<AnswerStatement> = {},
  body: Buffer = Buffer.from('paid'),
): IncomingAnswer {
  const statement: AnswerStatement = {
    bodyBytes: body.length,
    exchange: 'e',
    head: 'h',
    request: 'r',
    status: 200,
    time: '2026-11-23T08:00:00.000Z',
    ...changes,
  }
  return wholeAnswer(statement, 'content-type:text/plain\r\n', body, recorded)
}

/** What an {@link FakeIncoming} was answered. */
interface GivenAnswer {
  readonly status: number
  readonly error: string | undefined
  readonly headerBlock: string
  readonly body: string
}

/** A request of a peer in the hands of a test. */
export class FakeIncoming {
  readonly peer: string
  readonly statement: RequestOpening
  readonly headerBlock: string
  readonly body: IncomingRequest['body']
  readonly durable: PromiseWithResolvers<void> = Promise.withResolvers()
  readonly answers: GivenAnswer[] = []
  readonly resets: string[] = []
  cancelled = false
  isLost = false
  isResent = false
  peerFeatures: readonly string[] = ['acknowledgement']
  answerFails = false
  readonly read: PromiseWithResolvers<boolean> = Promise.withResolvers()
  readonly #onCancel: (() => void)[] = []

  constructor(
    words: { readonly statement: RequestOpening; readonly headerBlock: string },
    peer = 'AE-DU/GOV/RTA/gw-1',
    body: IncomingRequest['body'] = Buffer.alloc(0),
  ) {
    this.peer = peer
    this.statement = words.statement
    this.headerBlock = words.headerBlock
    this.body = body
  }

  get recorded(): Promise<void> {
    return this.durable.promise
  }

  get statementText(): string {
    return JSON.stringify(this.statement)
  }

  confirm(): Promise<boolean> {
    return this.read.promise
  }

  onCancel(listener: () => void): void {
    this.#onCancel.push(listener)
  }

  /** The session is lost, or the consumer gives up. */
  end(isLost: boolean): void {
    this.cancelled = true
    this.isLost = isLost
    for (const listener of this.#onCancel) listener()
  }

  get asIncoming(): IncomingRequest {
    return this as unknown as IncomingRequest
  }

  answer(
    draft: { readonly status: number; readonly error?: string },
    headerBlock: string,
    body: MessageBody,
  ): Promise<void> {
    if (this.isLost) return Promise.reject(new WuslaError('session_closed'))
    if (this.answerFails) return Promise.reject(new WuslaError('stream_cancelled'))
    const text = body instanceof Uint8Array ? Buffer.from(body).toString() : ''
    this.answers.push({ status: draft.status, error: draft.error, headerBlock, body: text })
    return Promise.resolve()
  }

  reset(code: string): void {
    this.resets.push(code)
    this.end(false)
  }
}
