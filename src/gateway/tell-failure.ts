import type { EventSink } from '../protocol/event.ts'
import { toWuslaError, type WuslaError } from '../protocol/wusla-error.ts'
import { triedOf } from './failed-attempt.ts'
import type { GatewayEvent } from './gateway-event.ts'

/** Turns whatever ended an exchange into one error of the table, and tells the operator of it. */
export function tellFailure(
  onEvent: EventSink<GatewayEvent>,
  side: 'sent' | 'served',
  exchange: string,
  cause: unknown,
): WuslaError {
  const error = toWuslaError(cause, 'internal_error')
  const { reason } = error.details
  if (error.code === 'access_denied' || error.code === 'limit_exceeded') {
    onEvent({
      kind: 'exchange_refused',
      exchange,
      side,
      code: error.code,
      ...(typeof reason === 'string' ? { reason } : {}),
    })
  } else {
    const detail = error.cause instanceof Error ? error.cause.message : error.message
    const tried = triedOf(error)
    onEvent({
      kind: 'exchange_failed',
      exchange,
      side,
      code: error.code,
      detail,
      ...(tried === undefined ? {} : { tried }),
    })
  }
  return error
}
