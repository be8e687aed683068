import { digest256 } from '../protocol/digest.ts'
import { chooseHalves, statementsOf } from './export/choose-halves.ts'
import type { StoredHalf } from './export/choose-halves.ts'

/** An exchange that the holder of the evidence answered, as an acknowledgement of it has to know it. */
export interface AnsweredExchange {
  readonly client: string
  readonly service: string
  readonly agreement: string
  /** The consumer's gateway. */
  readonly from: string
  /** digest256 of the answer statement that was recorded last. */
  readonly answer: string
  /** Code with which the gateway itself answered; absent: the service did. */
  readonly error?: string
}

/** The exchange of these halves; undefined when the holder did not answer it. */
export function answeredExchange(halves: readonly StoredHalf[]): AnsweredExchange | undefined {
  const chosen = chooseHalves(halves)
  if (chosen?.answer === undefined || chosen.request.batch.record.direction !== 'received') return undefined
  const { request, answer } = statementsOf(chosen)
  const { client, service, agreement } = request
  const error = answer?.error
  return {
    client,
    service,
    agreement,
    from: chosen.request.batch.header.from,
    answer: digest256(chosen.answer.statement),
    ...(error === undefined ? {} : { error }),
  }
}
