import { awaitedNote } from '../../evidence/acknowledgement-notes.ts'
import { digest256 } from '../../protocol/digest.ts'
import { encodeAnswerStatement } from '../../protocol/statement.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { DeliveredAnswer } from './acknowledgements.ts'
import type { OutboundDeps } from './send-request.ts'

/**
 * What has to be waited for until an answer is durable, as far as it must be before the caller sees any of it; so must be, when
 * it has to be acknowledged, that it has. Undefined: nothing. Rejects with `logging_failed`.
 */
export function recordAnswer(
  { evidence, clock }: Pick<OutboundDeps, 'evidence' | 'clock'>,
  exchange: string,
  answer: IncomingAnswer,
  isAcknowledged: boolean,
): Promise<unknown> | undefined {
  // Of a large one the session withholds the last piece until it is: waiting here would keep its body from ever flowing.
  const recorded = Buffer.isBuffer(answer.body) ? answer.recorded : undefined
  // What the provider's gateway refused is no delivery.
  const isDelivery = isAcknowledged && answer.statement.error === undefined
  if (!isDelivery) return recorded
  const noted = evidence.remember(awaitedNote(exchange, 'consumer', clock.nowMs()))
  return Promise.all([recorded, noted])
}

/** Acknowledges an answer of which the caller has the last byte. Returns at once. */
export function acknowledgeDelivery(
  { acknowledgements, onEvent }: Pick<OutboundDeps, 'acknowledgements' | 'onEvent'>,
  delivered: Omit<DeliveredAnswer, 'answer'>,
  answer: IncomingAnswer,
): void {
  Promise.all([answer.complete, answer.recorded]).then(
    ([statement]) =>
      acknowledgements.add({ ...delivered, answer: digest256(encodeAnswerStatement(statement)) }),
    (cause: unknown) => {
      const { code } = toWuslaError(cause, 'internal_error')
      onEvent({ kind: 'acknowledgement_not_sent', exchange: delivered.exchange, code })
    },
  )
}
