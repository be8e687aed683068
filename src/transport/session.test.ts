import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import test from 'node:test'
import { decodeBatchHeader } from '../protocol/batch.ts'
import { digest256, digest512 } from '../protocol/digest.ts'
import { encodeRequestStatement } from '../protocol/statement.ts'
import { MAX_INLINE_BODY_BYTES } from './frame-layout.ts'
import type { IncomingRequest } from './incoming-request.ts'
import {
  ANSWER_TIME,
  codeOf,
  CONSUMER,
  echo,
  heldBy,
  makeKeys,
  makeOpening,
  makeSide,
  openPair,
  PROVIDER,
  readBody,
  textOf,
  until,
  untilIdle,
} from './session-fixture.ts'
import { openSession } from './session.ts'

const HEADERS = 'Accept:application/json\r\nX-Name:caf\u00e9\r\n'

await test('a small exchange: statements, head, body and record agree at both ends', async () => {
  let served: IncomingRequest | undefined
  const pair = await openPair({
    provider: {
      onRequest: (incoming) => {
        served = incoming
        void incoming.answer(
          { status: 201, time: ANSWER_TIME },
          'Content-Type:text/plain\r\n',
          Buffer.from('done'),
        )
      },
    },
  })
  const opening = makeOpening(HEADERS, { user: 'EE123', issue: 'قضية ١' })
  const answer = await pair.consumer.request(opening, HEADERS, Buffer.from('question'))
  await answer.recorded
  const statement = { ...opening, body: digest512('question'), bodyBytes: 8 }
  assert.ok(served !== undefined)
  assert.equal(served.peer, CONSUMER)
  assert.deepEqual(served.statement, statement)
  assert.equal(served.statementText, encodeRequestStatement(statement))
  assert.equal(await served.requestDigest, digest256(served.statementText))
  assert.deepEqual(await served.complete, statement)
  assert.equal(served.headerBlock, HEADERS)
  assert.deepEqual(served.body, Buffer.from('question'))
  await served.recorded
  assert.deepEqual(answer.statement, await answer.complete)
  assert.equal(answer.statement.exchange, opening.exchange)
  assert.equal(answer.statement.request, digest256(served.statementText))
  assert.equal(answer.statement.status, 201)
  assert.equal(answer.headerBlock, 'Content-Type:text/plain\r\n')
  assert.deepEqual(answer.body, Buffer.from('done'))
  await untilIdle(pair)
})

await test('both sides record the same two batches, one sent and one received', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const answer = await pair.consumer.request(makeOpening(), '', null)
  await answer.recorded
  const [sent, received] = pair.consumerSide.batches
  const [atProviderFirst, atProviderSecond] = pair.providerSide.batches
  assert.equal(pair.consumerSide.batches.length, 2)
  assert.equal(sent?.direction, 'sent')
  assert.equal(received?.direction, 'received')
  assert.deepEqual(atProviderFirst, { direction: 'received', batch: sent?.batch })
  assert.deepEqual(atProviderSecond, { direction: 'sent', batch: received?.batch })
  const header = decodeBatchHeader(sent?.batch.header ?? '')
  assert.equal(header.from, CONSUMER)
  assert.equal(header.to, PROVIDER)
  assert.equal(header.kind, 'requests')
  assert.equal(header.sequence, 0)
  assert.equal(header.size, 1)
  assert.equal(header.session, pair.consumer.id)
  assert.equal(pair.provider.id, pair.consumer.id)
})

await test('what is sent in one turn is sealed once, and sequences count', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => pair.consumer.request(makeOpening(), '', null)))
  }
  const { batchesSealed, statementsSealed, batchesVerified, statementsVerified } = pair.consumer.statistics()
  assert.deepEqual({ batchesSealed, statementsSealed }, { batchesSealed: 3, statementsSealed: 60 })
  assert.deepEqual({ batchesVerified, statementsVerified }, { batchesVerified: 3, statementsVerified: 60 })
})

await test('both sides may ask, at the same time', async () => {
  const pair = await openPair({ consumer: { onRequest: echo }, provider: { onRequest: echo } })
  const both = Array.from({ length: 50 }, (_, i) => {
    const session = i % 2 === 0 ? pair.consumer : pair.provider
    return session.request(makeOpening(), '', Buffer.from(`body ${i}`))
  })
  const answers = await Promise.all(both)
  answers.forEach((answer, i) => assert.equal(textOf(answer.body), `body ${i}`))
  await untilIdle(pair)
})

await test('bodies around the inline bound arrive whole, in one frame or streamed', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const sizes = [0, 1, MAX_INLINE_BODY_BYTES, MAX_INLINE_BODY_BYTES + 1, 65_535, 65_536, 65_537, 1_000_000]
  for (const size of sizes) {
    const body = Buffer.alloc(size, 'x')
    const answer = await pair.consumer.request(makeOpening(), '', body)
    assert.equal(Buffer.isBuffer(answer.body), size <= MAX_INLINE_BODY_BYTES, `${size} bytes inline`)
    assert.deepEqual(await readBody(answer.body), body)
    const { bodyBytes, body: digest } = await answer.complete
    assert.equal(bodyBytes, size)
    assert.equal(digest, size === 0 ? undefined : digest512(body))
  }
  await untilIdle(pair)
})

await test('a session refuses a peer with another name, another network or its own nonce', async () => {
  const keys = makeKeys()
  const cases = [
    { peerGateway: 'AE-DU/GOV/DHA/gw-1' },
    { network: 'AE-AZ', localGateway: 'AE-AZ/GOV/X/gw-1' },
    { nonce: () => Buffer.alloc(32, 7) },
  ]
  for (const changes of cases) {
    const [near, far] = duplexPair()
    const consumer = makeSide('initiator', near, keys, { nonce: () => Buffer.alloc(32, 7) })
    const provider = makeSide('acceptor', far, keys, changes)
    const results = await Promise.all(
      [openSession(consumer.options), openSession(provider.options)].map(codeOf),
    )
    assert.ok(results.includes('wrong_peer'), results.join())
    assert.ok(near.destroyed || near.writableEnded)
  }
})

await test('opening fails when the peer says something else first, nothing, or goes away', async () => {
  const keys = makeKeys()
  const open = async (act: (far: ReturnType<typeof duplexPair>[0]) => void): Promise<string> => {
    const [near, far] = duplexPair()
    const { options } = makeSide('initiator', near, keys, { limits: { helloTimeoutMs: 5 } })
    const result = codeOf(openSession(options))
    act(far)
    return result
  }
  assert.equal(await open((far) => far.write('GET / HTTP/1.1\r\n\r\n')), 'frame_too_large')
  assert.equal(
    await open((far) => far.write(Buffer.from('0000000d0900000000' + '00'.repeat(8), 'hex'))),
    'invalid_frame',
  )
  assert.equal(await open((far) => far.end()), 'session_closed')
  assert.equal(await open((far) => far.destroy()), 'session_closed')
  assert.equal(await open(() => undefined), 'session_closed')
})

await test('requests beyond the streams of the peer are refused here, and a finished one makes room', async () => {
  const requests: IncomingRequest[] = []
  const pair = await openPair({
    limits: { maxStreams: 2 },
    provider: { onRequest: (incoming) => requests.push(incoming) },
  })
  const first = pair.consumer.request(makeOpening(), '', null)
  const second = pair.consumer.request(makeOpening(), '', Buffer.alloc(100_000))
  assert.equal(await codeOf(pair.consumer.request(makeOpening(), '', null)), 'overloaded')
  await until(() => requests.length === 2, 'both arrive')
  for (const request of requests) echo(request)
  await Promise.all([first, second.then((answer) => readBody(answer.body))])
  const third = pair.consumer.request(makeOpening(), '', null)
  await until(() => requests.length === 3, 'the third arrives')
  if (requests[2] !== undefined) echo(requests[2])
  await third
})

await test('an exchange cannot run twice at the same time, but again afterwards', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const opening = makeOpening()
  const first = pair.consumer.request(opening, '', null)
  assert.equal(await codeOf(pair.consumer.request(opening, '', null)), 'conflict')
  await first
  await pair.consumer.request(opening, '', null)
})

await test('what the peer would refuse for its size is refused before it is sent', async () => {
  const pair = await openPair({ provider: { onRequest: echo } })
  const tooLong = `A:${'a'.repeat(65_536)}\r\n`
  assert.equal(await codeOf(pair.consumer.request(makeOpening(tooLong), tooLong, null)), 'request_too_large')
  const text = 'é'.repeat(40_000)
  assert.equal(
    await codeOf(pair.consumer.request(makeOpening('', { user: text }), '', null)),
    'request_too_large',
  )
  assert.equal(heldBy(pair.consumer), 0)
  await pair.consumer.request(makeOpening(), '', null)
})

await test('a handler that throws resets its stream and nothing else', async () => {
  let calls = 0
  const pair = await openPair({
    provider: {
      onRequest: (incoming) => {
        calls += 1
        if (calls === 1) throw new Error('a bug in the handler')
        echo(incoming)
      },
    },
  })
  const results = await Promise.allSettled([
    pair.consumer.request(makeOpening(), '', null),
    pair.consumer.request(makeOpening(), '', null),
  ])
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'fulfilled'],
  )
  assert.ok(pair.providerSide.events.some((event) => event.kind === 'handler_failed'))
  await untilIdle(pair)
})
