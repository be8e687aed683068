import { digest512 } from '../protocol/digest.ts'
import type { BodyClaim } from '../protocol/statement.ts'
import type { BatchRecord } from './batch-record.ts'
import { IncomingBody } from './incoming-body.ts'
import type { HeldItem } from './incoming-batches.ts'
import type { StreamHost } from './stream-host.ts'

/** What the receiving half asks of its stream. Steps are names of checks; undefined means that all holds. */
export interface ReceivingOwner {
  readonly id: number
  /** An opening came, unsealed. Checks it and hands it on with the body that begins. */
  onOpening(text: string, headerBlock: string, body: IncomingBody): string | undefined
  /**
   * The statement is sealed. Checks it against what came: `headerBlock` for a COMPLETE frame, else the opening.
   */
  checkFinal(text: string, claim: BodyClaim, whole: WholeMessage | undefined): string | undefined
  /** The statement is verified and being recorded. */
  onVerified(record: BatchRecord): void
  /** The reader of the body gave up before its end. */
  onAbandoned(): void
  /** Too many bytes wait for readers in this session, and this stream brought one more. */
  onOverflow(): void
}

/** What came beside a COMPLETE statement. */
export interface WholeMessage {
  readonly headerBlock: string
  readonly body: Buffer
}

/**
 * The peer's half of a stream.
 *
 * ```
 * idle ─ COMPLETE ────────────────────► held (until BATCH) ─ verified ─► ended
 *   └─── opening ─► streaming ─ FINISH ──┘
 *   └────────────────── RESET ─────────────────────────────────────────► ended
 * ```
 */
export class ReceivingHalf implements HeldItem {
  statement = ''
  /** The message streams or has streamed: its reader may have a part of it. */
  isStreamed = false
  readonly #host: StreamHost
  readonly #owner: ReceivingOwner
  readonly #kind: 'requests' | 'answers'
  #state: 'idle' | 'streaming' | 'held' | 'ended' = 'idle'
  #whole: WholeMessage | undefined
  #claim: BodyClaim | undefined
  #body: IncomingBody | undefined

  constructor(host: StreamHost, owner: ReceivingOwner, kind: 'requests' | 'answers') {
    this.#host = host
    this.#owner = owner
    this.#kind = kind
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** REQUEST or ANSWER; false when one came before. */
  whole(statement: string, headerBlock: string, body: Buffer, frameBytes: number): boolean {
    if (this.#state !== 'idle') return false
    this.#state = 'held'
    this.statement = statement
    this.#whole = { headerBlock, body }
    this.#host.hold(this.#kind, this, frameBytes)
    return true
  }

  /** REQUEST or ANSWER that is not COMPLETE; false when one came before. */
  opening(text: string, headerBlock: string): boolean {
    if (this.#state !== 'idle') return false
    this.#state = 'streaming'
    this.isStreamed = true
    this.#body = new IncomingBody({
      initialCredit: this.#host.localCredit,
      onCredit: (bytes) => this.#giveCredit(bytes),
      onBuffered: (change) => this.#count(change),
      onAbandoned: () => this.#owner.onAbandoned(),
    })
    const step = this.#owner.onOpening(text, headerBlock, this.#body)
    if (step !== undefined) this.#host.fail('invalid_signature', step)
    return true
  }

  /** A piece of a DATA frame. */
  data(piece: Buffer, frameBytes: number, first: boolean): void {
    if (this.#state !== 'streaming' || this.#body === undefined) {
      this.#host.fail('invalid_frame', 'data_without_opening')
    } else if (!this.#body.receive(piece, frameBytes, first)) {
      this.#host.fail('flow_control_violation', 'credit')
    }
  }

  /** FINISH with the final statement. */
  finish(text: string, frameBytes: number): void {
    if (this.#state !== 'streaming' || this.#body === undefined) {
      this.#host.fail('invalid_frame', 'finish_without_opening')
      return
    }
    this.#state = 'held'
    this.statement = text
    this.#claim = this.#body.finish()
    this.#host.hold(this.#kind, this, frameBytes)
  }

  /** The peer sent RESET: what it had not finished will not come. */
  onReset(): void {
    if (this.#state === 'idle' || this.#state === 'streaming') this.#state = 'ended'
  }

  check(): string | undefined {
    const whole = this.#whole
    if (whole === undefined)
      return this.#owner.checkFinal(this.statement, this.#claim ?? { bodyBytes: 0 }, undefined)
    return this.#owner.checkFinal(this.statement, claimOf(whole.body), whole)
  }

  deliver(record: BatchRecord): void {
    this.#state = 'ended'
    this.#owner.onVerified(record)
    this.#whole = undefined
  }

  #giveCredit(bytes: number): void {
    if (this.#state !== 'streaming' || this.#host.closedBy !== undefined) return
    this.#host.wire.writer.credit(this.#owner.id, bytes)
    this.#host.wire.schedule()
  }

  #count(change: number): void {
    if (!this.#host.buffered(change) && change > 0) this.#owner.onOverflow()
  }
}

function claimOf(body: Buffer): BodyClaim {
  return body.length === 0 ? { bodyBytes: 0 } : { body: digest512(body), bodyBytes: body.length }
}
