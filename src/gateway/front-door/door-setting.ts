import type { EventSink } from '../../protocol/event.ts'
import type { XroadDialect } from '../../protocol/xroad-error.ts'
import type { AnswerHeaders } from './answer-lines.ts'
import type { BoundedCache } from './bounded-cache.ts'
import type { CallTarget } from './call-target.ts'
import type { ClientRegister } from './client-register.ts'
import type { FrontDoorEvent } from './front-door-event.ts'
import type { SendExchange } from './front-door-request.ts'

/** A call to one of X-Road's metaservices, authenticated where X-Road demands it. */
export interface MetaserviceCall {
  readonly target: CallTarget & { readonly kind: 'gateway' | 'system' }
  /** The caller: always there for the metaservices of a system. */
  readonly client?: string
  /** What the caller says it is for: a purpose code. */
  readonly purpose?: string
  /** Every value of `Accept`. */
  readonly accept: readonly string[]
  /**
   * Lets a metaservice of the gateway itself demand that the caller is this client (`/asic` names it in its query).
   *
   * @throws WuslaError as for an ordinary call
   */
  readonly authenticate: (client: string) => string
}

/** The answer of a metaservice. */
export interface MetaserviceAnswer {
  readonly status: number
  /** Names and values in turn, checked. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/**
 * Answers metaservices. Undefined: not offered; a metaservice of a system then goes out as an ordinary call. Rejects
 * with WuslaError for a refusal.
 */
export type Metaservices = (call: MetaserviceCall) => Promise<MetaserviceAnswer | undefined>

/** What every call at the front door is served with. */
export interface DoorSetting {
  readonly dialect: XroadDialect
  readonly send: SendExchange
  readonly metaservices: Metaservices | undefined
  /** Whether calls should come here now: what a load balancer asks. */
  readonly isReady: () => boolean
  readonly clients: ClientRegister
  /** The port can be reached from other machines in clear: a client without proof is refused there. */
  readonly needsProof: boolean
  /** Remembers the canonical form of service identifiers. */
  readonly services: BoundedCache<string>
  /** Checks the headers of answers. */
  readonly answers: AnswerHeaders
  readonly maxCalls: number
  readonly counters: { calls: number }
  /** Makes the id of a refusal that has no exchange. */
  readonly newId: () => string
  readonly onEvent: EventSink<FrontDoorEvent>
}
