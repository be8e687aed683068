import type { BatchHeader } from '../../protocol/batch.ts'
import { networkOf } from '../../protocol/identifier.ts'
import { decodeAnswerStatement, decodeRequestStatement } from '../../protocol/statement.ts'
import type { AnswerStatement, RequestStatement } from '../../protocol/statement.ts'
import type { EvidenceFile, EvidenceHalf } from '../evidence-file.ts'
import type { PartyFacts } from '../verify-result.ts'
import { bindingOf } from './answer-binding.ts'
import type { AnswerBinding } from './answer-binding.ts'
import { checkBatchProof, checkSealKeys, checkSeals } from './half-check.ts'
import type { BoundKey, NetworkView } from './network-view.ts'
import { checkParties } from './party-check.ts'
import { need, readOr, Refusal } from './refusal.ts'
import type { StepRun } from './refusal.ts'

/** The request with its seal shown to be the consumer's. */
export interface CheckedRequest {
  readonly statement: RequestStatement
  readonly header: BatchHeader
  readonly keys: readonly BoundKey[]
  readonly consumer: PartyFacts
  readonly provider: PartyFacts
}

/** The answer with its seal shown to be the provider's, to this request. */
export interface CheckedAnswer {
  readonly half: EvidenceHalf
  readonly statement: AnswerStatement
  readonly binding: AnswerBinding
  readonly header: BatchHeader
  readonly keys: readonly BoundKey[]
}

/** Reads the request and holds it against the names in the file. */
export function readRequest(file: EvidenceFile): RequestStatement {
  const statement = readOr('invalid_statement', () => decodeRequestStatement(file.request.statement))
  need(statement.exchange === file.exchange, 'other_exchange', statement.exchange)
  for (const id of [statement.client, statement.service])
    need(networkOf(id) === file.network, 'other_network', id)
  return statement
}

/** The steps from the batch of the request to its seal. */
export function checkRequest(
  step: StepRun,
  file: EvidenceFile,
  view: NetworkView,
  statement: RequestStatement,
): CheckedRequest {
  const header = step('request-batch-proof', () => checkBatchProof(file, file.request, 'requests'))
  const parties = step('members', () => checkParties(view, file.holder, statement, header))
  const keys = step('request-key', () => checkSealKeys(view, file.request, header.from))
  step('request-seal', () => checkSeals(view, file.request))
  return { statement, header, keys, ...parties }
}

/** The steps of the answer up to its seal; undefined when the file has none. */
export function checkAnswer(
  step: StepRun,
  file: EvidenceFile,
  view: NetworkView,
  request: CheckedRequest,
): CheckedAnswer | undefined {
  const { answer: half } = file
  if (half === null) return undefined
  const statement = step('answer-statement', () => readAnswer(file, half))
  const binding = step('answer-binds-request', () => {
    const found = bindingOf(statement, file.request.statement)
    if (found === undefined) throw new Refusal('other_request')
    return found
  })
  const header = step('answer-batch-proof', () => {
    const header = checkBatchProof(file, half, 'answers')
    need(isReturn(request.header, header), 'other_session')
    return header
  })
  const keys = step('answer-key', () => checkSealKeys(view, half, header.from))
  step('answer-seal', () => checkSeals(view, half))
  return { half, statement, binding, header, keys }
}

function readAnswer(file: EvidenceFile, half: EvidenceHalf): AnswerStatement {
  const statement = readOr('invalid_statement', () => decodeAnswerStatement(half.statement))
  need(statement.exchange === file.exchange, 'other_exchange', statement.exchange)
  return statement
}

function isReturn(request: BatchHeader, answer: BatchHeader): boolean {
  return answer.session === request.session && answer.from === request.to && answer.to === request.from
}
