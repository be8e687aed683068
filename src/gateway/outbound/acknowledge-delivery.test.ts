import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest256 } from '../../protocol/digest.ts'
import { type AnswerStatement, encodeAnswerStatement } from '../../protocol/statement.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorAnswer } from '../front-door/front-door-request.ts'
import { makeAnswer } from '../testing/fake-session.ts'
import { CLIENT, makeCall, refusalOf, SERVICE } from '../testing/gateway-world.ts'
import { openOutbound, type OutboundBench } from '../testing/outbound-bench.ts'
import { sendRequest } from './send-request.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const TERM = { acknowledgementRequired: true }
const STATEMENT: AnswerStatement = {
  bodyBytes: 0,
  exchange: '019aafa1-3f23-7c10-9d4e-0f6f5c1f0a01',
  head: digest256('head'),
  request: digest256('request'),
  status: 200,
  time: '2026-11-23T08:00:00.000Z',
}

const openWith = async (terms = {}): Promise<OutboundBench> => await openOutbound(undefined, terms)

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Sends a call and gives the provider's answer to it. */
async function answered(
  bench: OutboundBench,
  recorded: Promise<void> = Promise.resolve(),
): Promise<FrontDoorAnswer> {
  const sending = sendRequest(bench.deps, makeCall())
  await turns()
  const answer = makeAnswer(recorded, STATEMENT, Buffer.alloc(0))
  bench.session.sent.at(-1)?.answered.resolve(answer)
  return await sending
}

test('an answer is acknowledged when its caller has the last byte, and not before', BOUNDED, async () => {
  await using bench = await openWith(TERM)
  const given = await answered(bench)
  await turns()
  assert.deepEqual(bench.acknowledged, [])
  given.finished?.('delivered')
  await turns()
  assert.deepEqual(bench.acknowledged, [
    {
      exchange: given.exchange,
      answer: digest256(encodeAnswerStatement(STATEMENT)),
      client: CLIENT,
      service: SERVICE,
      agreement: bench.world.agreement,
      gateway: 'AE-DU/SEMI/DEWA/gw-1',
      transit: {},
    },
  ])
  assert.deepEqual(
    bench.notes.map(({ kind, exchange, details }) => [kind, exchange, details?.['role']]),
    [['acknowledgement_awaited', given.exchange, 'consumer']],
  )
})

test('an interrupted delivery is not acknowledged', BOUNDED, async () => {
  await using bench = await openWith(TERM)
  const given = await answered(bench)
  given.finished?.('interrupted')
  await turns()
  assert.deepEqual(bench.acknowledged, [])
  assert.equal(bench.notes.length, 1)
})

test('the caller gets nothing before it is durable that an acknowledgement is due', BOUNDED, async () => {
  await using bench = await openWith(TERM)
  const noted = Promise.withResolvers<void>()
  const deps = { ...bench.deps, evidence: { remember: async () => await noted.promise } }
  const sending = sendRequest(deps, makeCall())
  let isGiven = false
  void sending.then(
    () => (isGiven = true),
    () => undefined,
  )
  await turns()
  bench.session.sent[0]?.answered.resolve(makeAnswer(Promise.resolve(), STATEMENT, Buffer.alloc(0)))
  await turns()
  assert.equal(isGiven, false)
  noted.reject(new WuslaError('logging_failed'))
  assert.equal((await refusalOf(async () => await sending)).code, 'logging_failed')
})

test('what the gateway of the provider refused is no delivery', BOUNDED, async () => {
  await using bench = await openWith(TERM)
  const sending = sendRequest(bench.deps, makeCall())
  await turns()
  const refused = makeAnswer(Promise.resolve(), { ...STATEMENT, status: 502, error: 'backend_unreachable' })
  bench.session.sent[0]?.answered.resolve(refused)
  assert.equal((await refusalOf(async () => await sending)).code, 'backend_unreachable')
  assert.deepEqual([bench.notes, bench.acknowledged], [[], []])
})

test('a thousand exchanges without the term send no acknowledgement and note nothing', BOUNDED, async () => {
  await using bench = await openWith()
  for (let i = 0; i < 1_000; i += 1) {
    const given = await answered(bench)
    given.finished?.('delivered')
  }
  await turns()
  assert.equal(bench.session.sent.length, 1_000)
  assert.deepEqual([bench.notes, bench.acknowledged], [[], []])
})
