import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime } from '../../protocol/clock.ts'
import { digest512 } from '../../protocol/digest.ts'
import { xroadRequestHash } from '../../protocol/head.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { RunningExchanges } from '../running-exchanges.ts'
import { makeAnswer } from '../testing/fake-session.ts'
import { HandClock, makeCall, refusalOf } from '../testing/gateway-world.ts'
import { buildOpening } from './build-opening.ts'
import { deliverAnswer } from './deliver-answer.ts'
import type { OutboundDeps } from './send-request.ts'

const DURABLE = Promise.resolve()

function deliver(
  answer: IncomingAnswer,
  request: FrontDoorRequest = makeCall(),
): { given: FrontDoorAnswer; head: string; running: RunningExchanges; events: GatewayEvent[] } {
  const clock = new HandClock()
  const running = new RunningExchanges(clock)
  const events: GatewayEvent[] = []
  const startedMs = clock.nowMs()
  const { opening, messageId } = buildOpening('AE-DU', 'e-1', request, 'open', formatTime(startedMs))
  const facts = { ...opening, direction: 'sent', takenMs: startedMs } as const
  const entry = running.begin({ ...facts, branches: () => [], cut: () => undefined })
  clock.advance(25)
  const deps = {
    running,
    clock,
    onEvent: (event: GatewayEvent) => events.push(event),
  } as unknown as OutboundDeps
  const given = deliverAnswer(deps, request, {
    opening,
    messageId,
    answer,
    body: answer.body,
    dataClass: 'confidential',
    running: entry,
    startedMs,
  })
  return { given, head: opening.head, running, events }
}

test('the caller gets status, headers and body as they came, and the names of the exchange', () => {
  const answer = makeAnswer(DURABLE, { status: 404 })
  const { given } = deliver(answer)
  assert.equal(given.status, 404)
  assert.equal(given.headerBlock, answer.headerBlock)
  assert.equal(given.body, answer.body)
  assert.equal(given.exchange, 'e-1')
  assert.equal(given.messageId, 'AE-DU-e-1')
  assert.deepEqual([given.agreement, given.dataClass], ['open', 'confidential'])
})

test('the exchange runs until the caller has its last byte, and is told once then', () => {
  const { given, running, events } = deliver(makeAnswer(DURABLE))
  assert.equal(running.size, 1)
  assert.deepEqual(events, [])
  given.finished?.('delivered')
  assert.equal(running.size, 0)
  const service = makeCall().service
  assert.deepEqual(events, [{ kind: 'exchange_sent', exchange: 'e-1', service, status: 200, durationMs: 25 }])
})

test('the request hash is over head, or head and body, and absent for a body that streamed', () => {
  const bare = deliver(makeAnswer(DURABLE))
  assert.equal(bare.given.requestHash, xroadRequestHash(bare.head))
  const empty = deliver(makeAnswer(DURABLE), makeCall({ method: 'POST', body: Buffer.alloc(0) }))
  assert.equal(empty.given.requestHash, xroadRequestHash(empty.head))
  const body = Buffer.from('a body')
  const full = deliver(makeAnswer(DURABLE), makeCall({ method: 'POST', body }))
  assert.equal(full.given.requestHash, xroadRequestHash(full.head, digest512(body)))
  assert.notEqual(full.given.requestHash, xroadRequestHash(full.head))
  const streamed = deliver(makeAnswer(DURABLE), makeCall({ method: 'POST', body: (async function* () {})() }))
  assert.equal(streamed.given.requestHash, undefined)
})

test('a refusal of the provider gateway is an error with its reason and remedy, marked as its word', async () => {
  const words = { code: 'access_denied', message: 'No.', details: { reason: 'revoked', remedy: 'ask' } }
  const answer = makeAnswer(
    DURABLE,
    { status: 403, error: 'access_denied' },
    Buffer.from(JSON.stringify(words)),
  )
  const refusal = await refusalOf(() => deliver(answer))
  assert.equal(refusal.code, 'access_denied')
  assert.equal(refusal.message, 'No.')
  assert.deepEqual(refusal.details, { reason: 'revoked', remedy: 'ask', by: 'provider' })
})

test('a provider cannot say that its words are our own', async () => {
  const body = Buffer.from(JSON.stringify({ details: { by: 'consumer' } }))
  const refusal = await refusalOf(() => deliver(makeAnswer(DURABLE, { error: 'service_disabled' }, body)))
  assert.equal(refusal.details['by'], 'provider')
})

test('an explanation in another form, and a code of another version, still give an error of the table', async () => {
  for (const text of ['', 'null', '[]', '"x"', '{"message":1,"details":"x"}', '\xff{']) {
    const answer = makeAnswer(DURABLE, { error: 'code_of_tomorrow' }, Buffer.from(text, 'latin1'))
    const refusal = await refusalOf(() => deliver(answer))
    assert.equal(refusal.code, 'service_failed', text)
    assert.equal(refusal.details['by'], 'provider')
  }
})
