import type { AnswerStatement, RequestStatement } from '../../protocol/statement.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import type { BodyFacts, EvidenceFacts, SealFacts, WitnessFacts } from '../verify-result.ts'
import type { OpenCheckpoint } from './checkpoint-check.ts'
import type { CompleteView } from './directory-check.ts'
import type { CheckedAnswer, CheckedRequest } from './exchange-check.ts'

/** What the steps found. */
export interface Findings {
  readonly evidence: EvidenceFile
  readonly request: CheckedRequest
  readonly answer: CheckedAnswer | undefined
  readonly requestSeal: SealFacts
  readonly answerSeal: SealFacts | undefined
  readonly agreement: EvidenceFacts['agreement']
  readonly requestBody: BodyFacts
  readonly answerBody: BodyFacts
  readonly ledger: OpenCheckpoint
  readonly ledgerWitnesses: readonly WitnessFacts[]
  readonly tree: OpenCheckpoint
  readonly directoryWitnesses: readonly WitnessFacts[]
  readonly complete: CompleteView | undefined
}

/** Who, what and when, from what the steps found. */
export function gatherFacts(found: Findings): EvidenceFacts {
  const { evidence, request, answer, answerSeal, agreement, complete } = found
  const { network, exchange, holder } = evidence
  return {
    network,
    exchange,
    holder,
    consumer: { ...request.consumer, seal: found.requestSeal },
    provider: answerSeal === undefined ? request.provider : { ...request.provider, seal: answerSeal },
    request: requestFacts(request.statement, found.requestBody),
    answer: answer === undefined ? null : answerFacts(answer, found.answerBody),
    agreement,
    ledger: {
      origin: found.ledger.origin,
      size: found.ledger.size,
      requestIndex: evidence.request.ledger.index,
      ...(answer === undefined ? {} : { answerIndex: answer.half.ledger.index }),
      witnesses: found.ledgerWitnesses,
    },
    directory: {
      size: found.tree.size,
      witnesses: found.directoryWitnesses,
      complete: complete !== undefined,
      laterEntries: complete?.laterEntries ?? 0,
    },
  }
}

function requestFacts(statement: RequestStatement, body: BodyFacts): EvidenceFacts['request'] {
  const { time, client, service, method, path, query, messageId, user, issue, purpose, representedParty } =
    statement
  return {
    time,
    client,
    service,
    method,
    path,
    messageId,
    ...(query === undefined ? {} : { query }),
    ...(user === undefined ? {} : { user }),
    ...(issue === undefined ? {} : { issue }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(representedParty === undefined ? {} : { representedParty }),
    ...digests(statement),
    body,
  }
}

function answerFacts(answer: CheckedAnswer, body: BodyFacts): EvidenceFacts['answer'] {
  const { statement, binding } = answer
  const { time, status, error } = statement
  return {
    time,
    status,
    receivedOf: binding,
    ...(error === undefined ? {} : { error }),
    ...digests(statement),
    body,
  }
}

function digests(statement: RequestStatement | AnswerStatement): {
  bodyBytes: number
  bodyDigest?: string
  headDigest: string
} {
  const { body, bodyBytes, head } = statement
  return { bodyBytes, ...(body === undefined ? {} : { bodyDigest: body }), headDigest: head }
}
