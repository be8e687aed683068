import { decodeAnswerStatement, decodeRequestStatement } from '../../protocol/statement.ts'
import type { ExchangeRow } from '../evidence-query.ts'
import type { StoredHalf } from '../export/choose-halves.ts'

/** The row of an exchange straight from its statements, the same as the index would give. */
export function rowOfHalves(exchange: string, halves: readonly StoredHalf[]): ExchangeRow {
  const request = halves.find(({ isAnswer }) => !isAnswer)
  const answer = halves.find(({ isAnswer }) => isAnswer)
  const [first] = halves
  const isProvider = first !== undefined && first.isAnswer === (first.batch.record.direction === 'sent')
  return {
    exchange,
    role: isProvider ? 'provider' : 'consumer',
    state: request === undefined ? 'unasked' : answer === undefined ? 'unanswered' : 'answered',
    ...(request === undefined ? {} : requestColumns(request.statement)),
    ...(answer === undefined ? {} : answerColumns(answer.statement)),
  }
}

function requestColumns(text: string): Partial<ExchangeRow> {
  const statement = decodeRequestStatement(text)
  const { client, service, method, path, messageId, user, agreement, purpose, time, bodyBytes } = statement
  const columns = {
    client,
    service,
    method,
    path,
    messageId,
    agreement,
    requestedAt: time,
    requestBytes: bodyBytes,
  }
  return {
    ...columns,
    ...(user === undefined ? {} : { user }),
    ...(purpose === undefined ? {} : { purpose }),
  }
}

function answerColumns(text: string): Partial<ExchangeRow> {
  const { time, bodyBytes, status, error } = decodeAnswerStatement(text)
  const columns = { answeredAt: time, answerBytes: bodyBytes, status }
  return error === undefined ? columns : { ...columns, error }
}
