import type { CallHeaders } from './call-headers.ts'
import type { CallerFacts } from './caller-facts.ts'
import type { Delivery } from './front-door-request.ts'

/** What the door says to one request. Header lines are trusted: whoever makes them has checked them. */
export interface CallAnswer {
  readonly status: number
  /** `Name: value CRLF`, without those of framing and without `Connection`. */
  readonly lines: string
  /** Whether `Date` is among them; if not, the engine adds it. */
  readonly hasDate?: boolean
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  /** Length of a streamed body, or of the body a `HEAD` stands for. */
  readonly bodyBytes?: number | undefined
  /** Whether the connection ends after this answer. */
  readonly close?: boolean
}

/**
 * One request as the HTTP engine gives it: read by a strict parser, served in order on its connection. Whoever is
 * given it takes the body once or not at all, and answers once.
 */
export interface IncomingCall {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  readonly isSecure: boolean
  readonly headers: CallHeaders
  readonly facts: CallerFacts
  /** Whether the client is gone. */
  readonly isGone: boolean
  /**
   * Takes the body: `null` if there is not one byte, the whole or a promise of it if its declared length is at most
   * `maxInline` bytes, else a stream. If the client goes before the end, both fail with WuslaError
   * `stream_cancelled`.
   */
  takeBody(maxInline: number): Buffer | Promise<Buffer | null> | AsyncIterable<Uint8Array> | null
  /** Called when the client goes before it has the whole answer; at once if it is gone already. */
  onHangUp(listener: () => void): void
  /**
   * Answers. Never throws.
   *
   * @param done - told once how the delivery ended
   */
  answer(answer: CallAnswer, done: (delivery: Delivery) => void): void
}
