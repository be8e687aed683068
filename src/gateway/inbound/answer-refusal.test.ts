import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_TABLE } from '../../protocol/error-codes.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { FakeIncoming } from '../testing/fake-session.ts'
import { HandClock, makeStatement } from '../testing/gateway-world.ts'
import { answerRefusal } from './answer-refusal.ts'
import type { InboundDeps } from './serve-request.ts'

const deps = { clock: new HandClock() } as unknown as InboundDeps

async function refuse(error: WuslaError, prepare?: (incoming: FakeIncoming) => void): Promise<FakeIncoming> {
  const incoming = new FakeIncoming(makeStatement('open'))
  prepare?.(incoming)
  await answerRefusal(deps, incoming.asIncoming, error)
  return incoming
}

test('a refusal is a signed answer with code, reason, remedy and who can change it', async () => {
  const details = {
    reason: 'revoked',
    remedy: 'ask',
    changedBy: ['AE-DU/SEMI/DEWA'],
    client: 'c',
    service: 's',
  }
  const { answers, resets } = await refuse(new WuslaError('access_denied', { message: 'No.', details }))
  assert.deepEqual(resets, [])
  assert.equal(answers.length, 1)
  assert.equal(answers[0]?.status, ERROR_TABLE.access_denied.httpStatus)
  assert.equal(answers[0]?.error, 'access_denied')
  assert.deepEqual(JSON.parse(answers[0]?.body ?? ''), { code: 'access_denied', message: 'No.', details })
})

test('what a peer may not know stays here: inner codes, their words, and any other detail', async () => {
  const details = { service: 's', file: '/etc/secret', registry: 'http://10.0.0.1' }
  const { answers } = await refuse(new WuslaError('config_invalid', { message: 'secret words', details }))
  const [answer] = answers
  assert.equal(ERROR_TABLE.config_invalid.peerSees, false)
  assert.equal(answer?.error, 'internal_error')
  assert.equal(answer?.status, ERROR_TABLE.internal_error.httpStatus)
  const told = JSON.parse(answer?.body ?? '') as { message: string; details: object }
  assert.equal(told.message, ERROR_TABLE.internal_error.meaning)
  assert.deepEqual(told.details, { service: 's' })
})

test('what cannot be recorded, or does not hold, is reset and not answered', async () => {
  for (const code of ['logging_failed', 'body_mismatch'] as const) {
    const { answers, resets } = await refuse(new WuslaError(code))
    assert.deepEqual([answers, resets.length], [[], 1], code)
  }
})

test('an exchange that is over already is left alone', async () => {
  const { answers, resets } = await refuse(new WuslaError('access_denied'), (incoming) => {
    incoming.cancelled = true
  })
  assert.deepEqual([answers, resets], [[], []])
})

test('when an answer is under way already, the stream is reset', async () => {
  const { resets } = await refuse(new WuslaError('backend_timeout'), (incoming) => {
    incoming.answerFails = true
  })
  assert.deepEqual(resets, ['backend_timeout'])
})
