import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeBatchHeader } from '../protocol/batch.ts'
import { decodeRequestStatement } from '../protocol/statement.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { makeHeldKey, makeHeldRecorder } from './session-fixture-held.ts'
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

const DRAFT = { status: 200, time: ANSWER_TIME }

await test('while a slow key signs, the next batch gathers, and the order holds', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const served: string[] = []
  const pair = await openPair({
    keys,
    consumer: { sealKey: held.key },
    provider: {
      onRequest: (incoming) => {
        served.push(incoming.statement.exchange)
        echo(incoming)
      },
    },
  })
  const openings = Array.from({ length: 60 }, () => makeOpening())
  const [first] = openings
  assert.ok(first !== undefined)
  const pending = [pair.consumer.request(first, '', null)]
  await until(() => held.waiting() === 1, 'the key signs the first')
  for (const opening of openings.slice(1)) pending.push(pair.consumer.request(opening, '', null))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(held.waiting(), 1, 'one signature at a time')
  held.release()
  await until(() => held.waiting() === 1, 'the key signs the rest')
  held.release()
  await Promise.all(pending)
  assert.deepEqual(
    served,
    openings.map((opening) => opening.exchange),
  )
  const sizes = pair.consumerSide.batches
    .filter((entry) => entry.direction === 'sent')
    .map(({ batch }) => decodeBatchHeader(batch.header))
    .map(({ sequence, size }) => [sequence, size])
  assert.deepEqual(sizes, [
    [0, 1],
    [1, 59],
  ])
})

await test('with slow keys on both sides throughput does not collapse', async () => {
  const keys = makeKeys()
  const held = [makeHeldKey(keys.consumer), makeHeldKey(keys.provider)] as const
  const pair = await openPair({
    keys,
    consumer: { sealKey: held[0].key },
    provider: { sealKey: held[1].key, onRequest: echo },
  })
  const workers = { working: 100, done: 0 }
  const worker = async (): Promise<void> => {
    for (let i = 0; i < 4; i += 1) {
      await pair.consumer.request(makeOpening(), '', Buffer.from('x'))
      workers.done += 1
    }
    workers.working -= 1
  }
  const over = Promise.all(Array.from({ length: workers.working }, worker))
  const waiting = (): number =>
    pair.consumer.statistics().waitingStatements + pair.provider.statistics().waitingStatements
  let signatures = 0
  while (workers.done < 400) {
    await until(() => waiting() === workers.working, 'every exchange waits for a key')
    for (const { waiting: signing, release } of held) {
      signatures += signing()
      for (let left = signing(); left > 0; left -= 1) release()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await over
  // The first batch leaves before its key is known to be slow, and stays ahead of the others: two batches in each of four
  // rounds, and each is signed on both sides.
  assert.equal(signatures, 2 * 4 * 2, `${signatures} signatures for 800 statements`)
  await untilIdle(pair)
})

await test('a session that closes lets the requests leave first that a slow key still seals', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const pair = await openPair({ keys, consumer: { sealKey: held.key }, provider: { onRequest: echo } })
  const pending = pair.consumer.request(makeOpening(), '', Buffer.from('last'))
  await until(() => held.waiting() === 1, 'the key signs')
  const closing = pair.consumer.close()
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  held.release()
  assert.deepEqual((await pending).body, Buffer.from('last'))
  assert.equal((await closing).step, undefined)
})

await test('a streamed request and small ones share the batches of a slow key', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const pair = await openPair({ keys, consumer: { sealKey: held.key }, provider: { onRequest: echo } })
  const small = pair.consumer.request(makeOpening(), '', Buffer.from('small'))
  await until(() => held.waiting() === 1, 'the key signs')
  const large = pair.consumer.request(makeOpening(), '', Buffer.alloc(500_000))
  const reading = large.then((answer) => readBody(answer.body))
  const later = pair.consumer.request(makeOpening(), '', Buffer.from('later'))
  held.release()
  while (
    (await Promise.race([reading, new Promise((resolve) => setImmediate(resolve, 'more'))])) === 'more'
  ) {
    held.release()
  }
  held.release()
  await Promise.all([small, later])
  assert.equal((await reading).length, 500_000)
})

await test('a batch leaves as soon as it is full enough, the rest at the end of the turn, in order', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const openings = Array.from({ length: 100 }, () => makeOpening())
  await Promise.all(openings.map((opening) => pair.consumer.request(opening, '', null)))
  const sent = pair.consumerSide.batches.filter((entry) => entry.direction === 'sent')
  assert.deepEqual(
    sent.map(({ batch }) => batch.statements.length),
    [32, 32, 32, 4],
  )
  const order = sent.flatMap(({ batch }) =>
    batch.statements.map((text) => decodeRequestStatement(text).exchange),
  )
  assert.deepEqual(
    order,
    openings.map((opening) => opening.exchange),
  )
})

await test('more statements than one batch takes are split when a slow key let them gather', async () => {
  const keys = makeKeys()
  const held = makeHeldKey(keys.consumer)
  const pair = await openPair({ keys, consumer: { sealKey: held.key }, provider: { onRequest: echo } })
  const pending = [pair.consumer.request(makeOpening(), '', null)]
  await until(() => held.waiting() === 1, 'the key signs the first')
  for (let more = 0; more < 1_500; more += 1) pending.push(pair.consumer.request(makeOpening(), '', null))
  for (let batch = 0; batch < 3; batch += 1) {
    await until(() => held.waiting() === 1, 'the key signs')
    held.release()
  }
  await Promise.all(pending)
  const sent = pair.consumerSide.batches.filter((entry) => entry.direction === 'sent')
  assert.deepEqual(
    sent.map(({ batch }) => batch.statements.length),
    [1, 1_024, 476],
  )
})

await test('a batch of large frames is closed by its bytes', async () => {
  const pair = await openPair({
    provider: { onRequest: (incoming) => void incoming.answer(DRAFT, '', null) },
  })
  await Promise.all(
    Array.from({ length: 300 }, () => pair.consumer.request(makeOpening(), '', Buffer.alloc(16_384))),
  )
  const sent = pair.consumerSide.batches.filter((entry) => entry.direction === 'sent')
  assert.ok(sent.length >= 3, `${sent.length} batches`)
})

await test('a request does not wait for its own record, its answer does', async () => {
  const recorder = makeHeldRecorder()
  const pair = await openPair({
    consumer: { recordBatch: recorder.recordBatch },
    provider: { onRequest: echo },
  })
  const answer = await pair.consumer.request(makeOpening(), '', null)
  let recorded = false
  void answer.recorded.then(() => (recorded = true))
  assert.equal(recorder.waiting(), 2, 'the request is not durable yet, nor is the answer')
  for (let left = 2; left > 0; left -= 1) {
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(recorded, false)
    recorder.release()
  }
  await answer.recorded
})

await test('answers wait for their record, later ones for those before them, and beyond a bound they gather', async () => {
  const records: PromiseWithResolvers<void>[] = []
  const requests: IncomingRequest[] = []
  const pair = await openPair({
    provider: {
      recordBatch: (_batch, direction) => {
        if (direction === 'received') return Promise.resolve()
        const record = Promise.withResolvers<void>()
        records.push(record)
        return record.promise
      },
      onRequest: (incoming) => requests.push(incoming),
    },
  })
  const pending = Array.from({ length: 20 }, () => pair.consumer.request(makeOpening(), '', null))
  await until(() => requests.length === 20, 'all arrive')
  for (const [at, request] of requests.entries()) {
    echo(request)
    if (at < 8) await until(() => records.length === at + 1, 'each answer is sealed and recorded on its own')
  }
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(records.length, 8, 'no more than eight batches wait for the disk')
  records[1]?.resolve()
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(pair.consumer.statistics().statementsVerified, 0, 'the second does not leave before the first')
  for (const record of records) record.resolve()
  await until(() => records.length === 9, 'the others follow together')
  records[8]?.resolve()
  await Promise.all(pending)
  assert.equal(pair.provider.statistics().batchesSealed, 9)
})

await test('a record of the consumer that fails is seen as logging_failed and nothing else', async () => {
  for (const failing of ['sent', 'received'] as const) {
    const pair = await openPair({
      consumer: {
        recordBatch: (_batch, direction) =>
          direction === failing ? Promise.reject(new Error('disk full')) : Promise.resolve(),
      },
      provider: { onRequest: echo },
    })
    const small = await pair.consumer.request(makeOpening(), '', Buffer.from('x'))
    assert.equal(await codeOf(small.recorded), 'logging_failed')
    const large = await pair.consumer.request(makeOpening(), '', Buffer.alloc(100_000))
    assert.equal(await codeOf(readBody(large.body)), 'logging_failed')
    assert.equal(await codeOf(large.recorded), 'logging_failed')
    await untilIdle(pair)
  }
})

await test('a record of the provider that fails: the request tells it, an answer ends the session', async () => {
  let failing: 'sent' | 'received' = 'received'
  const requests: IncomingRequest[] = []
  const pair = await openPair({
    provider: {
      onRequest: (incoming) => requests.push(incoming),
      recordBatch: (_batch, direction) => {
        if (direction === failing) throw new Error('disk full')
        return Promise.resolve()
      },
    },
  })
  const pending = pair.consumer.request(makeOpening(), '', null)
  await until(() => requests.length === 1, 'the request arrives')
  assert.equal(await codeOf(requests[0]?.recorded ?? Promise.resolve()), 'logging_failed')
  failing = 'sent'
  const answered = requests[0]?.answer(DRAFT, '', null)
  assert.equal(await codeOf(answered ?? Promise.resolve()), 'logging_failed')
  assert.equal(await codeOf(pending), 'logging_failed')
  assert.deepEqual(await pair.provider.closed, {
    code: 'logging_failed',
    by: 'local',
    step: 'record_answers',
  })
})

await test('a key that fails ends the session; nothing unsealed leaves', async () => {
  for (const sign of [
    () => Promise.reject(new Error('the module is gone')),
    () => {
      throw new Error('now')
    },
  ]) {
    const keys = makeKeys()
    const pair = await openPair({ keys, consumer: { sealKey: { ...keys.consumer, sign } } })
    assert.equal(await codeOf(pair.consumer.request(makeOpening(), '', null)), 'internal_error')
    assert.equal((await pair.consumer.closed).step, 'seal_key')
    await pair.provider.closed
    assert.equal(pair.provider.statistics().statementsVerified, 0)
  }
})
