import assert from 'node:assert/strict'
import test from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { encodeRequestOpening, encodeRequestStatement } from '../protocol/statement.ts'
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
  textOf,
  until,
  untilIdle,
} from './session-fixture.ts'
import type { PairChanges, SessionPair } from './session-fixture.ts'
import type { IncompleteRequest } from './session-options.ts'
import { INITIAL_CREDIT_BYTES } from './session-limits.ts'

const KIB = 1_024
const DRAFT = { status: 200, time: ANSWER_TIME }

/** A pair whose provider keeps the requests it gets. */
async function openKeeping(
  changes: PairChanges = {},
): Promise<SessionPair & { requests: IncomingRequest[] }> {
  const requests: IncomingRequest[] = []
  const onRequest = (incoming: IncomingRequest): number => requests.push(incoming)
  const pair = await openPair({ ...changes, provider: { onRequest, ...changes.provider } })
  return { ...pair, requests }
}

/** Waits for request `index` and gives its body as a stream. */
async function streamedRequest(
  pair: { requests: IncomingRequest[] },
  index = 0,
): Promise<{ request: IncomingRequest; body: AsyncIterable<Uint8Array> }> {
  await until(() => pair.requests.length > index, 'a request arrives')
  const request = pair.requests[index]
  assert.ok(request !== undefined && !Buffer.isBuffer(request.body))
  return { request, body: request.body }
}

/** Reads a body in the background and counts. */
function count(body: AsyncIterable<Uint8Array>): { bytes: number; ended: boolean; done: Promise<void> } {
  const counted = { bytes: 0, ended: false, done: Promise.resolve() }
  counted.done = (async () => {
    for await (const chunk of body) counted.bytes += chunk.length
    counted.ended = true
  })()
  counted.done.catch(() => undefined)
  return counted
}

async function turns(many = 50): Promise<void> {
  for (let i = 0; i < many; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

await test('the last DATA frame is withheld until the seal over the whole verifies', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const pair = await openKeeping({ keys, consumer: { sealKey: held.key } })
  const pending = pair.consumer.request(makeOpening(), '', Buffer.alloc(200 * KIB))
  const { request, body } = await streamedRequest(pair)
  assert.equal('bodyBytes' in request.statement, false)
  const counted = count(body)
  await until(() => held.waiting() === 1, 'everything is sent and waits for the seal')
  await until(() => counted.bytes === 192 * KIB, 'all but the last frame is read')
  await turns()
  assert.deepEqual([counted.bytes, counted.ended], [192 * KIB, false])
  held.release()
  await counted.done
  assert.equal(counted.bytes, 200 * KIB)
  assert.equal((await request.complete).bodyBytes, 200 * KIB)
  const sealed = pair.consumerSide.batches[0]?.batch.statements[0] ?? ''
  assert.equal(await request.requestDigest, digest256(sealed))
  await request.answer(DRAFT, '', null)
  await pending
  await untilIdle(pair)
})

for (const chunks of [0, 1]) {
  await test(`of a streamed body of ${chunks} chunks nothing is given out before it verifies`, async () => {
    const keys = makeKeys()
    const held = makeHeldKey(keys.consumer)
    const pair = await openKeeping({ keys, consumer: { sealKey: held.key } })
    const source = new HandBody()
    const pending = pair.consumer.request(makeOpening(), '', source)
    for (let i = 0; i < chunks; i += 1) source.give(Buffer.from('chunk'))
    source.end()
    const { request, body } = await streamedRequest(pair)
    const counted = count(body)
    await until(() => held.waiting() === 1, 'the body is sent')
    await turns()
    assert.deepEqual([counted.bytes, counted.ended], [0, false])
    held.release()
    await counted.done
    assert.equal(counted.bytes, chunks * 5)
    void request.answer(DRAFT, '', null)
    await pending
  })
}

await test('the last DATA frame is withheld until the record is durable, in both directions', async () => {
  const atProvider = makeHeldRecorder()
  const pair = await openKeeping({ provider: { recordBatch: atProvider.recordBatch } })
  const pending = pair.consumer.request(makeOpening(), '', Buffer.alloc(100 * KIB))
  const { request, body } = await streamedRequest(pair)
  const counted = count(body)
  await until(() => atProvider.waiting() === 1, 'the request is verified')
  await turns()
  assert.deepEqual([counted.bytes, counted.ended], [64 * KIB, false])
  atProvider.release()
  await counted.done
  const answered = request.answer(DRAFT, '', Buffer.alloc(100 * KIB))
  const answer = await pending
  assert.ok(!Buffer.isBuffer(answer.body))
  const back = count(answer.body)
  await until(() => atProvider.waiting() === 1, 'the answer is sealed')
  await turns()
  assert.deepEqual([back.bytes, back.ended], [64 * KIB, false])
  atProvider.release()
  await Promise.all([back.done, answered, answer.recorded])
  assert.equal(back.bytes, 100 * KIB)
})

await test('a sender stops at the credit, and goes on as the reader reads', async () => {
  const pair = await openKeeping()
  const source = new HandBody()
  const pending = pair.consumer.request(makeOpening(), '', source)
  for (let i = 0; i < 100; i += 1) source.give(Buffer.alloc(16 * KIB))
  source.end()
  const { request, body } = await streamedRequest(pair)
  await until(
    () => pair.provider.statistics().bufferedBodyBytes === INITIAL_CREDIT_BYTES,
    'the credit is used up',
  )
  await turns()
  assert.equal(pair.provider.statistics().bufferedBodyBytes, INITIAL_CREDIT_BYTES)
  assert.ok(source.taken <= INITIAL_CREDIT_BYTES + 16 * KIB, `${source.taken} taken`)
  const counted = count(body)
  await counted.done
  assert.equal(counted.bytes, 1_600 * KIB)
  await request.answer(DRAFT, '', null)
  await pending
  await untilIdle(pair)
})

await test('a reader that stands still holds up its own stream only', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const slow = await pair.consumer.request(makeOpening(), '', Buffer.alloc(3_000 * KIB))
  await until(() => pair.consumer.statistics().bufferedBodyBytes === INITIAL_CREDIT_BYTES, 'nobody reads')
  const other = await pair.consumer.request(makeOpening(), '', Buffer.alloc(3_000 * KIB, 'o'))
  assert.equal((await readBody(other.body)).length, 3_000 * KIB)
  assert.equal(textOf((await pair.consumer.request(makeOpening(), '', Buffer.from('small'))).body), 'small')
  assert.equal((await readBody(slow.body)).length, 3_000 * KIB)
  await untilIdle(pair)
})

await test('bodies of many streams take turns', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const bodies = Array.from({ length: 20 }, (_, i) => Buffer.alloc(300 * KIB + i, i))
  const answers = await Promise.all(
    bodies.map(async (body) => readBody((await pair.consumer.request(makeOpening(), '', body)).body)),
  )
  answers.forEach((answer, i) => assert.ok(answer.equals(bodies[i] ?? Buffer.alloc(0)), `body ${i}`))
  await untilIdle(pair)
})

await test('an answer may begin before the request is whole; it names the opening then', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const opening = makeOpening()
  const source = new HandBody()
  const pending = pair.consumer.request(opening, '', source)
  source.give(Buffer.from('one '), Buffer.from('two '))
  const answer = await pending
  assert.equal(answer.statement.request, digest256(encodeRequestOpening(opening)))
  source.give(Buffer.from('three'))
  source.end()
  assert.equal(String(await readBody(answer.body)), 'one two three')
  await untilIdle(pair)
  assert.equal(pair.consumerSide.batches.length, 2)
})

await test('an answer after the whole request names its final statement', async () => {
  const pair = await openKeeping()
  const opening = makeOpening()
  const pending = pair.consumer.request(opening, '', Buffer.alloc(20_000))
  const { request, body } = await streamedRequest(pair)
  await readBody(body)
  void request.answer(DRAFT, '', Buffer.alloc(20_000))
  const answer = await pending
  const statement = encodeRequestStatement({ ...opening, ...(await request.complete) })
  assert.equal(answer.statement.request, digest256(statement))
  await readBody(answer.body)
})

await test('an early answer is delivered and provable, and stops the request it did not need', async () => {
  const incomplete: IncompleteRequest[] = []
  const recordIncomplete = (request: IncompleteRequest): number => incomplete.push(request)
  const pair = await openKeeping({ consumer: { recordIncomplete }, provider: { recordIncomplete } })
  const opening = makeOpening()
  const source = new HandBody()
  const pending = pair.consumer.request(opening, '', source)
  for (let i = 0; i < 40; i += 1) source.give(Buffer.alloc(16 * KIB))
  const { request } = await streamedRequest(pair)
  await request.answer({ status: 413, time: ANSWER_TIME }, '', Buffer.from('too large'))
  const answer = await pending
  await answer.recorded
  assert.equal(answer.statement.status, 413)
  assert.equal(textOf(answer.body), 'too large')
  assert.equal(answer.statement.request, digest256(encodeRequestOpening(opening)))
  await untilIdle(pair)
  assert.ok(source.returned, 'the source was let go')
  assert.equal(await codeOf(request.complete), 'stream_cancelled')
  const { exchange } = opening
  const text = encodeRequestOpening(opening)
  assert.deepEqual(
    incomplete.sort((a, b) => a.direction.localeCompare(b.direction)),
    [
      { opening: text, exchange, direction: 'received' },
      { opening: text, exchange, direction: 'sent' },
    ],
  )
  assert.equal(pair.consumerSide.batches.length, 1, 'nobody signed the request')
})

await test('a provider that answers early and reads on gets the whole request', async () => {
  const incomplete: IncompleteRequest[] = []
  const recordIncomplete = (request: IncompleteRequest): number => incomplete.push(request)
  const pair = await openKeeping({ consumer: { recordIncomplete }, provider: { recordIncomplete } })
  const source = new HandBody()
  const pending = pair.consumer.request(makeOpening(), '', source)
  source.give(Buffer.from('one'), Buffer.from('two'))
  const { request, body } = await streamedRequest(pair)
  const counted = count(body)
  await request.answer(DRAFT, '', null)
  await pending
  source.give(Buffer.from('three'))
  source.end()
  await counted.done
  assert.equal(counted.bytes, 11)
  assert.equal((await request.complete).bodyBytes, 11)
  await untilIdle(pair)
  assert.deepEqual(incomplete, [])
})
