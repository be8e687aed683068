import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import test from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingRequest } from './incoming-request.ts'
import {
  ANSWER_TIME,
  codeOf,
  heldBy,
  makeKeys,
  makeOpening,
  makeSide,
  openPair,
  textOf,
  until,
} from './session-fixture.ts'
import { openSession } from './session.ts'

await test('close lets exchanges finish, takes no new ones, and ends both sides in order', async () => {
  const held: IncomingRequest[] = []
  const pair = await openPair({ provider: { onRequest: (incoming) => held.push(incoming) } })
  const pending = pair.consumer.request(makeOpening(), '', null)
  await until(() => held.length === 1, 'the request arrives')
  const closing = pair.provider.close()
  await until(() => !pair.consumer.open, 'the consumer hears of the end')
  assert.equal(await codeOf(pair.consumer.request(makeOpening(), '', null)), 'session_closed')
  assert.equal(await codeOf(pair.provider.request(makeOpening(), '', null)), 'session_closed')
  await held[0]?.answer({ status: 200, time: ANSWER_TIME }, '', Buffer.from('late'))
  assert.equal(textOf((await pending).body), 'late')
  assert.deepEqual(await closing, { code: 'session_closed', by: 'local' })
  assert.deepEqual(await pair.consumer.closed, { code: 'session_closed', by: 'peer' })
})

await test('close cuts off what does not finish within the grace', async () => {
  const pair = await openPair({ provider: { onRequest: () => undefined } })
  const pending = pair.consumer.request(makeOpening(), '', null)
  assert.equal((await pair.consumer.close(10)).step, 'close_grace')
  assert.equal(await codeOf(pending), 'session_closed')
  assert.equal(heldBy(pair.consumer), 0)
})

await test('an idle session closes from both sides at once', async () => {
  const pair = await openPair()
  const [a, b] = await Promise.all([pair.consumer.close(), pair.provider.close()])
  assert.equal(a.code, 'session_closed')
  assert.equal(b.code, 'session_closed')
  assert.equal(a.step ?? b.step, undefined)
})

await test('destroy fails every exchange with its code and tells the peer what it may know', async () => {
  const pair = await openPair({ provider: { onRequest: () => undefined } })
  const pending = pair.consumer.request(makeOpening(), '', null)
  await until(() => pair.provider.statistics().peerStreams === 1, 'the request arrives')
  pair.consumer.destroy(new WuslaError('key_revoked'))
  assert.equal(await codeOf(pending), 'key_revoked')
  assert.equal((await pair.consumer.closed).code, 'key_revoked')
  assert.deepEqual(await pair.provider.closed, { code: 'invalid_signature', by: 'peer', step: 'goaway' })
  assert.equal(heldBy(pair.consumer) + heldBy(pair.provider), 0)
})

await test('a connection that breaks ends the session and every exchange', async () => {
  const requests: IncomingRequest[] = []
  const pair = await openPair({ provider: { onRequest: (incoming) => requests.push(incoming) } })
  const pending = pair.consumer.request(makeOpening(), '', null)
  await until(() => requests.length === 1, 'the request arrives')
  for (const socket of pair.sockets) socket.destroy()
  assert.equal(await codeOf(pending), 'session_closed')
  const [closed, request] = [await pair.provider.closed, requests[0]]
  assert.equal(closed.by, 'network')
  assert.ok(request?.cancelled === true && request.isLost)
  assert.equal(await codeOf(request.answer({ status: 200, time: ANSWER_TIME }, '', null)), 'session_closed')
  assert.equal(pair.consumer.open, false)
})

await test('a silent peer is asked, and given up after the deadline', async () => {
  const [near, far] = duplexPair()
  const keys = makeKeys()
  const opening = openSession(
    makeSide('initiator', near, keys, { limits: { pingIntervalMs: 2, pingDeadlineMs: 10 } }).options,
  )
  const peer = openSession(makeSide('acceptor', far, keys).options)
  const [session] = await Promise.all([opening, peer])
  await until(() => session.statistics().bytesRead > 0, 'the HELLO')
  far.pause()
  far.removeAllListeners('data')
  assert.deepEqual(await session.closed, { code: 'session_closed', by: 'network', step: 'keep_alive' })
})

await test('a session tells how late its peer answers, although bytes keep coming', async () => {
  const [near, far] = duplexPair()
  const keys = makeKeys()
  const limits = { pingIntervalMs: 4, pingDeadlineMs: 60_000 }
  const opening = openSession(makeSide('initiator', near, keys, { limits }).options)
  const peer = openSession(makeSide('acceptor', far, keys).options)
  const [session] = await Promise.all([opening, peer])
  await until(() => session.lagMs === 0, 'the peer answers')
  const listeners = far.rawListeners('data') as ((chunk: Buffer) => void)[]
  far.removeAllListeners('data')
  const held: Buffer[] = []
  far.on('data', (chunk: Buffer) => held.push(chunk))
  await until(() => session.lagMs >= 20, 'questions wait')
  for (const listener of listeners) far.on('data', listener)
  for (const chunk of held.splice(0)) for (const listener of listeners) listener(chunk)
  await until(() => session.lagMs === 0, 'the answers have come')
  assert.equal(session.hasStreamedMessages, false)
  session.destroy()
})

await test('a peer that answers PING stays', async () => {
  const pair = await openPair({ consumer: { limits: { pingIntervalMs: 1, pingDeadlineMs: 50 } } })
  const before = pair.provider.statistics().bytesWritten
  while (pair.provider.statistics().bytesWritten < before + 17 * 5) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  assert.ok(pair.consumer.open)
  await pair.consumer.close()
})

await test('the round trip is measured at both ends, and exchanges are counted by who asked', async () => {
  const limits = { pingIntervalMs: 5 }
  const pair = await openPair({
    consumer: { limits },
    provider: {
      limits,
      onRequest: (incoming) => void incoming.answer({ status: 200, time: ANSWER_TIME }, '', null),
    },
  })
  assert.equal(pair.consumer.statistics().rttMs, undefined, 'nothing is known before the first answer')
  for (let asked = 0; asked < 3; asked += 1) await pair.consumer.request(makeOpening(), '', null)
  await until(
    () => [pair.consumer, pair.provider].every((side) => (side.statistics().rttMs ?? 0) > 0),
    'both have measured',
  )
  const [near, far] = [pair.consumer.statistics(), pair.provider.statistics()]
  assert.deepEqual([near.ownStreamsOpened, near.peerStreamsOpened], [3, 0])
  assert.deepEqual([far.ownStreamsOpened, far.peerStreamsOpened], [0, 3])
  await Promise.all([pair.consumer.close(), pair.provider.close()])
})

await test('a session in which the peer is always heard is measured as well', async () => {
  const pair = await openPair({
    consumer: { limits: { pingIntervalMs: 20, pingDeadlineMs: 60_000 } },
    provider: { limits: { pingIntervalMs: 1 }, onRequest: () => undefined },
  })
  await until(() => (pair.consumer.statistics().rttMs ?? 0) > 0, 'the round trip is measured')
  await Promise.all([pair.consumer.close(), pair.provider.close()])
})
