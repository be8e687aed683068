import type { AnsweredExchange } from '../../evidence/answered-exchange.ts'
import {
  ACKNOWLEDGEMENT,
  type AcknowledgedAnswer,
  readAcknowledgementPath,
} from '../../protocol/acknowledgement.ts'
import { formatTime } from '../../protocol/clock.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import { tellFailure } from '../tell-failure.ts'
import { answerAgain } from './answer-again.ts'
import { answerRefusal } from './answer-refusal.ts'
import { checkWords } from './check-request.ts'
import type { InboundDeps } from './serve-request.ts'
import { Serving } from './serving.ts'

/** What is left of a request that no service gets: `docs/spec/exactly-once.md`, section 4. */
const NO_HEADERS = ''

/**
 * Takes an acknowledgement of another member's gateway: its system has the whole answer to an exchange. No backend is
 * called, no limit counts it. Never rejects: whatever goes wrong becomes a signed refusal or a reset.
 */
export async function serveAcknowledgement(deps: InboundDeps, incoming: IncomingRequest): Promise<void> {
  const { exchange } = incoming.statement
  let serving: Serving | undefined
  try {
    checkWords(deps, incoming)
    const named = namedAnswer(incoming)
    const known = deps.served.find(exchange)
    if (known !== undefined && (await answerAgain(deps, incoming, known))) return
    deps.assertReady()
    serving = Serving.begin(deps.served, incoming)
    assertAcknowledges(incoming, named, await deps.evidence.answered(named.exchange))
    const answer = { status: 204, headerBlock: NO_HEADERS, body: null }
    const time = formatTime(deps.clock.nowMs())
    serving.answered({ ...answer, time })
    await incoming.answer({ status: answer.status, time }, answer.headerBlock, answer.body)
    serving.delivered()
    deps.onEvent({ kind: 'acknowledgement_taken', exchange: named.exchange, peer: incoming.peer })
  } catch (cause) {
    if (serving?.isKept(cause) === true) return
    const error = tellFailure(deps.onEvent, 'served', exchange, cause)
    serving?.failed(error)
    await answerRefusal(deps, incoming, error)
    serving?.refused()
  }
}

/**
 * What a request for gateways among themselves names.
 *
 * @throws WuslaError `invalid_path` when it is no acknowledgement, or of a gateway that did not say that it sends any
 */
function namedAnswer({ statement, peerFeatures, body }: IncomingRequest): AcknowledgedAnswer {
  const named = readAcknowledgementPath(statement.path)
  const isBare = Buffer.isBuffer(body) && body.length === 0 && statement.query === undefined
  if (named === undefined || statement.method !== 'PUT' || !isBare || !peerFeatures.includes(ACKNOWLEDGEMENT))
    throw new WuslaError('invalid_path', {
      message: 'Paths that begin with /.wusla/ are for gateways among themselves.',
      details: { reason: 'reserved' },
    })
  return named
}

/** @throws WuslaError `exchange_not_found`, `conflict` */
function assertAcknowledges(
  { statement, peer }: IncomingRequest,
  named: AcknowledgedAnswer,
  answered: AnsweredExchange | undefined,
): void {
  const { exchange } = named
  // What others exchanged is nobody's business: to them it does not exist.
  if (answered === undefined || memberOf(answered.from) !== memberOf(peer))
    throw new WuslaError('exchange_not_found', { details: { exchange } })
  const { client, service, agreement } = statement
  const isAbout =
    answered.client === client && answered.service === service && answered.agreement === agreement
  if (isAbout && answered.answer === named.answer && answered.error === undefined) return
  throw new WuslaError('conflict', {
    message: 'The acknowledgement is not about the answer that was recorded last.',
    details: { exchange },
  })
}
