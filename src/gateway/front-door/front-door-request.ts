import type { DataClass } from '../../agreements/data-class.ts'

/** Longest body that is gathered and handed on in one piece, in bytes. */
export const MAX_INLINE_BODY_BYTES = 16_384

/**
 * One call as it leaves the front door: who calls whom, with what. The caller is authenticated, the header is
 * filtered, the path is exactly what the client wrote. Access is **not** decided yet.
 */
export interface FrontDoorRequest {
  /** The exchange's name. The outbound side sets it as soon as it has one, so that a refusal can carry it. */
  exchange?: string
  /** Canonical identifier of the calling system (four segments) or member (three). */
  readonly client: string
  /** Canonical identifier of the service. */
  readonly service: string
  /** One of the methods of the door, in upper case. */
  readonly method: string
  /** The service path as sent, with its leading `/`; empty if the client named the service only. */
  readonly path: string
  /** The query as sent, without `?`; absent if there was no `?`. */
  readonly query?: string
  /**
   * Names and values in turn, in arrival order and spelling, one byte of the wire per character (ISO-8859-1).
   * Hop-by-hop headers, gateway-made `x-road-*` headers and the client's key are gone.
   */
  readonly rawHeaders: readonly string[]
  /** The same as lines `Name:value CRLF`, checked, where they were made before: clients repeat their headers. */
  readonly headerLines?: string | undefined
  /** `X-Road-Id`; absent: the outbound side makes one. */
  readonly messageId?: string
  /** `X-Road-UserId` */
  readonly user?: string
  /** `X-Road-Issue` */
  readonly issue?: string
  /** `Wusla-Purpose`, or the fixed purpose of a mapped port: a purpose code. */
  readonly purpose?: string
  /** The highest class of data that the mapped port lets through. Default: any. */
  readonly maxDataClass?: DataClass | undefined
  /** `X-Road-Represented-Party` as sent: `class/code` or `code`. */
  readonly representedParty?: string
  /** `X-Road-Security-Server`: canonical identifier of the gateway that has to serve the call. */
  readonly securityServer?: string
  /**
   * `null`: not one byte. Buffer: the whole body, at most 16 KiB. Otherwise a stream with back-pressure that can be
   * iterated once; it throws if the client hangs up before the end.
   */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  /** Length of the body in bytes if the client declared one, also for a stream. */
  readonly bodyBytes?: number
  readonly origin: 'r1' | 'mapped'
  /** Aborted at once when the client hangs up before it has the whole answer. Made on first use. */
  readonly signal: AbortSignal
  /** Calls back when `signal` would abort, at once if that has happened; costs far less. Absent: there is only the signal. */
  readonly onHangUp?: (listener: () => void) => void
}

/** How the delivery to the client ended. */
export type Delivery = 'delivered' | 'interrupted'

/** What the front door hands back to the client. */
export interface FrontDoorAnswer {
  /** 200 to 599. The reason phrase does not travel: the client gets the standard one. */
  readonly status: number
  /**
   * Header lines `Name:value CRLF` as the provider's gateway sent them. The door checks every line again and drops
   * hop-by-hop and `x-road-*` lines: the block comes from another house.
   */
  readonly headerBlock: string
  /** A stream that throws cuts the client's connection, so that half an answer never looks whole. */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  /** Length of a streamed body in bytes, if known: becomes `Content-Length`. */
  readonly bodyBytes?: number
  /** The exchange's name, becomes `x-road-request-id`. */
  readonly exchange: string
  /** Becomes `x-road-id`. */
  readonly messageId: string
  /** Hash of the agreement that allowed it, or `open`; becomes `wusla-agreement`. */
  readonly agreement?: string
  /** Class of the data as the grant says; becomes `wusla-data-class`. */
  readonly dataClass?: DataClass
  /** Base64; becomes `x-road-request-hash`. */
  readonly requestHash?: string | undefined
  /** Told once, when the operating system has the last byte or the client is gone. Must not throw. */
  readonly finished?: (delivery: Delivery) => void
}

/**
 * Carries a call to the provider and brings the answer.
 *
 * @throws WuslaError (as rejection) any code of an exchange; the door turns it into the answer of its dialect
 */
export type SendExchange = (request: FrontDoorRequest) => Promise<FrontDoorAnswer>
