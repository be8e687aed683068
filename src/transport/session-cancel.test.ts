import assert from 'node:assert/strict'
import test from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { HandBody, makeHeldKey, makeHeldRecorder } from './session-fixture-held.ts'
import {
  ANSWER_TIME,
  codeOf,
  echo,
  makeKeys,
  makeOpening,
  openPair,
  readBody,
  until,
  untilIdle,
} from './session-fixture.ts'
import type { PairChanges, SessionPair } from './session-fixture.ts'

const DRAFT = { status: 200, time: ANSWER_TIME }
const CHUNK = Buffer.alloc(16_384)

async function openKeeping(
  changes: PairChanges = {},
): Promise<SessionPair & { requests: IncomingRequest[] }> {
  const requests: IncomingRequest[] = []
  const onRequest = (incoming: IncomingRequest): number => requests.push(incoming)
  const pair = await openPair({ ...changes, provider: { onRequest, ...changes.provider } })
  return { ...pair, requests }
}

async function arrival(pair: { requests: IncomingRequest[] }): Promise<IncomingRequest> {
  await until(() => pair.requests.length > 0, 'the request arrives')
  const request = pair.requests[0]
  assert.ok(request !== undefined)
  return request
}

await test('a caller that gives up cancels the work of the peer', async () => {
  const pair = await openKeeping()
  const sent = pair.consumer.send(makeOpening(), '', null)
  const request = await arrival(pair)
  let heard = 0
  request.onCancel(() => (heard += 1))
  assert.equal(request.cancelled, false)
  sent.cancel()
  assert.equal(await codeOf(sent.answer), 'stream_cancelled')
  await untilIdle(pair)
  assert.deepEqual([request.cancelled, heard], [true, 1])
  request.onCancel(() => (heard += 1))
  assert.equal(heard, 2, 'a late listener hears at once')
  assert.equal(await codeOf(request.answer(DRAFT, '', null)), 'stream_cancelled')
})

await test('an abort signal gives up, before and during', async () => {
  const pair = await openKeeping()
  const aborted = AbortSignal.abort()
  assert.equal(
    await codeOf(pair.consumer.request(makeOpening(), '', null, { signal: aborted })),
    'stream_cancelled',
  )
  const controller = new AbortController()
  const pending = pair.consumer.request(makeOpening(), '', null, { signal: controller.signal })
  const request = await arrival(pair)
  controller.abort()
  assert.equal(await codeOf(pending), 'stream_cancelled')
  await until(() => request.cancelled, 'the peer hears')
  await untilIdle(pair)
})

await test('a caller that hangs up in the middle of its body frees everything', async () => {
  const pair = await openKeeping()
  const source = new HandBody()
  const sent = pair.consumer.send(makeOpening(), '', source)
  for (let i = 0; i < 10; i += 1) source.give(CHUNK)
  const request = await arrival(pair)
  await until(() => pair.provider.statistics().bufferedBodyBytes === 10 * CHUNK.length, 'the body flows')
  const reading = readBody(request.body)
  sent.cancel()
  assert.equal(await codeOf(reading), 'stream_cancelled')
  assert.equal(await codeOf(request.recorded), 'stream_cancelled')
  assert.ok(source.returned)
  await untilIdle(pair)
})

await test('a caller that drops a large answer stops the provider', async () => {
  const pair = await openKeeping()
  const pending = pair.consumer.request(makeOpening(), '', null)
  const request = await arrival(pair)
  const source = new HandBody()
  for (let i = 0; i < 100; i += 1) source.give(CHUNK)
  const answered = request.answer(DRAFT, '', source)
  const answer = await pending
  assert.ok(!Buffer.isBuffer(answer.body))
  for await (const piece of answer.body) {
    assert.ok(piece.length > 0)
    break
  }
  assert.equal(await codeOf(answered), 'stream_cancelled')
  assert.equal(await codeOf(answer.complete), 'stream_cancelled')
  assert.equal(await codeOf(answer.recorded), 'stream_cancelled')
  assert.ok(source.returned)
  await untilIdle(pair)
})

await test('a body whose source fails cancels the exchange on both sides', async () => {
  const pair = await openKeeping()
  const source = new HandBody()
  const pending = pair.consumer.request(makeOpening(), '', source)
  source.give(CHUNK, CHUNK, new WuslaError('overloaded'))
  const request = await arrival(pair)
  assert.equal(await codeOf(readBody(request.body)), 'overloaded')
  assert.equal(await codeOf(pending), 'overloaded')
  await untilIdle(pair)
})

await test('an answer whose source fails is never taken for a whole one', async () => {
  const pair = await openKeeping()
  const pending = pair.consumer.request(makeOpening(), '', null)
  const source = new HandBody()
  source.give(CHUNK, CHUNK, new Error('the backend hung up'))
  const answered = (await arrival(pair)).answer(DRAFT, '', source)
  const answer = await pending
  assert.equal(await codeOf(readBody(answer.body)), 'service_failed')
  assert.equal(await codeOf(answered), 'service_failed')
  await untilIdle(pair)
})

await test('a refusal tells its code and detail, and hides what is nobody else’s business', async () => {
  const pair = await openKeeping()
  for (const [code, seen] of [
    ['overloaded', 'overloaded'],
    ['ledger_unwritable', 'internal_error'],
    ['unknown_key', 'invalid_signature'],
  ] as const) {
    const pending = pair.consumer.request(makeOpening(), '', null)
    const request = await arrival(pair)
    request.reset(code, 'why\ud800')
    await assert.rejects(pending, { code: seen, details: { detail: 'why\ufffd' } })
    assert.ok(request.cancelled)
    pair.requests.length = 0
  }
  await untilIdle(pair)
})

await test('a request given up before it left was never there', async () => {
  const pair = await openKeeping()
  const before = pair.consumer.statistics().bytesWritten
  const sent = pair.consumer.send(makeOpening(), '', null)
  sent.cancel()
  assert.equal(await codeOf(sent.answer), 'stream_cancelled')
  await pair.consumer.close()
  assert.equal(pair.consumerSide.batches.length, 0)
  assert.equal(pair.requests.length, 0)
  assert.ok(pair.consumer.statistics().bytesWritten < before + 100)
})

await test('a request given up while a slow key signs it leaves, and RESET behind it', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const pair = await openKeeping({ keys, consumer: { sealKey: held.key } })
  const whole = pair.consumer.send(makeOpening(), '', null)
  await until(() => held.waiting() === 1, 'the key signs')
  const later = pair.consumer.send(makeOpening(), '', null)
  later.cancel()
  whole.cancel()
  held.release()
  await untilIdle(pair)
  assert.equal(pair.requests.length, 1)
  assert.ok(pair.requests[0]?.cancelled)
  assert.equal(await codeOf(whole.answer), 'stream_cancelled')
  assert.equal(await codeOf(later.answer), 'stream_cancelled')
})

await test('an answer nobody wants any more: dropped while it gathers, sent when it is sealed or recorded', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.provider)
  const recorder = makeHeldRecorder()
  const provider = { sealKey: held.key, recordBatch: recorder.recordBatch }
  const pair = await openKeeping({ keys, provider })
  const sent = Array.from({ length: 3 }, () => pair.consumer.send(makeOpening(), '', null))
  await until(() => pair.requests.length === 3, 'all arrive')
  recorder.release()
  const [one, two, three] = pair.requests
  const oneAnswered = one?.answer(DRAFT, '', null)
  await until(() => held.waiting() === 1, 'the key signs the first answer')
  held.release()
  await until(() => recorder.waiting() === 1, 'the first answer is being recorded')
  const twoAnswered = two?.answer(DRAFT, '', null)
  await until(() => held.waiting() === 1, 'the key signs the second answer')
  const threeAnswered = three?.answer(DRAFT, '', null)
  for (const request of sent) request.cancel()
  await until(() => pair.requests.every(({ cancelled }) => cancelled), 'the provider hears')
  held.release()
  await until(() => recorder.waiting() === 2, 'the second answer is being recorded')
  recorder.release()
  recorder.release()
  assert.equal(await codeOf(threeAnswered ?? Promise.resolve()), 'stream_cancelled')
  await oneAnswered
  await twoAnswered
  await untilIdle(pair)
  assert.equal(pair.provider.statistics().statementsSealed, 2)
  assert.equal(pair.consumer.statistics().statementsVerified, 2, 'what was sealed is kept as evidence')
})

await test('after 1,000 cancelled streams nothing is left on either side', async () => {
  const pair = await openKeeping()
  for (let round = 0; round < 10; round += 1) {
    const sent = Array.from({ length: 100 }, (_, i) => {
      const body = i % 3 === 0 ? null : i % 3 === 1 ? Buffer.alloc(100_000) : new HandBody()
      return pair.consumer.send(makeOpening(), '', body)
    })
    if (round % 2 === 1) await until(() => pair.requests.length === 100, 'all arrive')
    // Fewer than a full batch: these answers gather when the callers give up.
    if (round % 4 === 3) for (const request of pair.requests.slice(0, 30)) echo(request)
    for (const request of sent) request.cancel()
    for (const request of sent) assert.equal(await codeOf(request.answer), 'stream_cancelled')
    await untilIdle(pair)
    pair.requests.length = 0
  }
  assert.equal((await pair.consumer.close()).step, undefined)
})

await test('unread bodies beyond the budget of the session reset the stream that brings more', async () => {
  const pair = await openKeeping({ limits: { maxBufferedBodyBytes: 600_000 } })
  const sent = Array.from({ length: 3 }, () =>
    pair.consumer.request(makeOpening(), '', Buffer.alloc(262_144)),
  )
  await until(() => pair.requests.some((request) => request.cancelled), 'one is reset')
  const codes = await Promise.race(sent.map(codeOf))
  assert.equal(codes, 'overloaded')
  assert.equal(pair.requests.filter((request) => request.cancelled).length, 1)
  assert.ok(pair.provider.statistics().bufferedBodyBytes <= 600_000)
  for (const request of pair.requests) if (!request.cancelled) echo(request)
  await Promise.allSettled(sent.map(async (answer) => readBody((await answer).body)))
  await untilIdle(pair)
})
