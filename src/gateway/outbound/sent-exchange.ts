import type { OutgoingRequest } from '../../transport/outgoing-request.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { WantedOperation } from '../access-control.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { RunningExchange } from '../running-exchanges.ts'

/** One copy of a request on its way. */
export interface SentCopy {
  readonly sent: OutgoingRequest
  /** The branches that it passes. */
  readonly branches: readonly string[]
  /** The gateway that it was sent to. */
  readonly gateway: string
}

/** What was asked for, and when. */
export interface TakenOperation extends WantedOperation {
  readonly takenMs: number
}

/** A request of ours under way: one object instead of one closure for everything that may happen to it. */
export class SentExchange implements RunningExchange {
  readonly exchange: string
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly purpose: string | undefined
  readonly agreement: string
  readonly takenMs: number
  readonly startedMs: number
  /** The copy that went out last. */
  copy: SentCopy
  /** Why it was cut here. */
  cutBy: WuslaError | undefined

  constructor(exchange: string, wanted: TakenOperation, agreement: string, copy: SentCopy) {
    this.exchange = exchange
    this.client = wanted.client
    this.service = wanted.service
    this.method = wanted.method
    this.path = wanted.path
    this.purpose = wanted.purpose
    this.agreement = agreement
    this.takenMs = wanted.takenMs
    this.startedMs = wanted.takenMs
    this.copy = copy
    this.cutBy = undefined
  }

  get direction(): 'sent' {
    return 'sent'
  }

  branches(): readonly string[] {
    return this.copy.branches
  }

  cut(why: WuslaError): void {
    this.cutBy = why
    this.copy.sent.cancel(why.code)
  }

  /** Gives it up when its caller hangs up, whichever copy is on its way then. */
  endWith(request: FrontDoorRequest): void {
    const cancel = (): void => this.copy.sent.cancel()
    if (request.onHangUp === undefined) request.signal.addEventListener('abort', cancel, { once: true })
    else request.onHangUp(cancel)
  }
}
