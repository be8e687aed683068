import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBatchHeader } from '../../protocol/batch.ts'
import type { SealedBatch } from '../../protocol/batch.ts'
import { exchangeOnPaper } from '../testing/paper-exchange.ts'
import { newGateway } from '../testing/paper-network.ts'
import { chooseHalves } from './choose-halves.ts'
import type { StoredHalf } from './choose-halves.ts'

const [rta, dewa] = [newGateway('AE-DU/GOV/RTA/gw-1'), newGateway('AE-DU/SEMI/DEWA/gw-1')]

function half(batch: SealedBatch, at: number, isAnswer: boolean): StoredHalf {
  const { header, statements } = batch
  const record = { direction: 'sent', part: 0, header, seals: '[]', lines: statements } as const
  const stored = { index: 0, record, header: decodeBatchHeader(header), lines: statements, offset: 0 }
  return { batch: stored, at, statement: statements[at] ?? '', isAnswer }
}

function pair(exchange: string, time: string): [request: StoredHalf, answer: StoredHalf] {
  const paper = exchangeOnPaper(rta, dewa, {
    nowMs: Date.UTC(2026, 10, 23),
    request: { exchange },
    answer: { time },
  })
  return [
    half(paper.requestBatch, paper.requestPlace, false),
    half(paper.answerBatch, paper.answerPlace, true),
  ]
}

test('of two answers the last one counts: a provider that was killed said the first to nobody', () => {
  const exchange = '019aaf35-3c55-7c3a-9d6a-5f7f0c1d2e3f'
  const [request, first] = pair(exchange, '2026-11-23T08:00:00.000Z')
  const [again, second] = pair(exchange, '2026-11-23T08:00:01.000Z')
  const chosen = chooseHalves([request, first, again, second])
  assert.equal(chosen?.answer, second)
  assert.equal(chooseHalves([request, first])?.answer, first)
  assert.deepEqual(chooseHalves([request]), { request, answer: undefined })
  assert.equal(chooseHalves([first]), undefined)
})
