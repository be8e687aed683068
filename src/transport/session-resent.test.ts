import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeRequestStatement } from '../protocol/statement.ts'
import { FLAG_COMPLETE, FLAG_RESENT, FRAME } from './frame-layout.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { planBody } from './outgoing-message.ts'
import { codeOf, echo, makeOpening, openPair, untilIdle } from './session-fixture.ts'
import { openRawPeer } from './session-raw-peer.ts'

await test('a request says whether it was sent before', async () => {
  const served: IncomingRequest[] = []
  const pair = await openPair({
    provider: {
      onRequest: (incoming) => {
        served.push(incoming)
        echo(incoming)
      },
    },
  })
  await pair.consumer.request(makeOpening(), '', Buffer.from('x'))
  await pair.consumer.send(makeOpening(), '', Buffer.from('x'), true).answer
  assert.deepEqual(
    served.map(({ isResent }) => isResent),
    [false, true],
  )
  await untilIdle(pair)
})

await test('the mark stands at nothing but a complete request', async () => {
  for (const [role, type, flags] of [
    ['initiator', FRAME.request, FLAG_RESENT],
    ['initiator', FRAME.request, FLAG_COMPLETE | 4],
    ['acceptor', FRAME.answer, FLAG_COMPLETE | FLAG_RESENT],
  ] as const) {
    const raw = await openRawPeer(role)
    const answer = role === 'acceptor' ? raw.session.request(makeOpening(), '', null) : undefined
    await new Promise((resolve) => setTimeout(resolve, 20))
    raw.writer.message({ type, streamId: 1, statement: '{}', headerBlock: '', body: Buffer.alloc(0) })
    const [bytes] = raw.writer.take()
    assert.ok(bytes !== undefined)
    bytes[9] = flags
    raw.socket.write(bytes)
    assert.equal((await raw.session.closed).code, 'invalid_frame', `${type} ${flags}`)
    if (answer !== undefined) assert.equal(await codeOf(answer), 'invalid_frame')
  }
})

await test('a confirmation says that the peer has read, and questions of one moment share it', async () => {
  const served: IncomingRequest[] = []
  const pair = await openPair({
    provider: {
      onRequest: (incoming) => {
        served.push(incoming)
        echo(incoming)
      },
    },
  })
  await pair.consumer.request(makeOpening(), '', null)
  await pair.consumer.request(makeOpening(), '', null)
  const [first, second] = served.map((incoming) => incoming.confirm())
  assert.equal(first, second)
  assert.equal(await first, true)
  const later = served[0]?.confirm()
  assert.notEqual(later, first)
  pair.provider.destroy()
  assert.equal(await later, false)
  assert.equal(await served[0]?.confirm(), false)
})

await test('a peer that reads nothing confirms nothing; a PONG nobody asked for means nothing', async () => {
  const served: IncomingRequest[] = []
  const raw = await openRawPeer('initiator', { onRequest: (incoming) => void served.push(incoming) })
  const opening = makeOpening()
  const plan = planBody(null)
  assert.ok(plan.whole)
  const statement = encodeRequestStatement({ ...opening, ...plan.claim })
  raw.writer.message({ type: FRAME.request, streamId: 1, statement, headerBlock: '', body: Buffer.alloc(0) })
  raw.batch('requests', [statement])
  raw.flush()
  while (served.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const told: boolean[] = []
  const confirmed = served[0]?.confirm().then((isRead) => told.push(isRead))
  raw.writer.heartbeat(FRAME.pong, Buffer.from('00000000000003e7', 'hex'))
  raw.flush()
  while (!raw.received.some(({ type }) => type === FRAME.ping))
    await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual(told, [])
  const ping = raw.received.find(({ type }) => type === FRAME.ping)
  raw.writer.heartbeat(FRAME.pong, ping?.payload ?? Buffer.alloc(8))
  raw.flush()
  await confirmed
  assert.deepEqual(told, [true])
  raw.session.destroy()
})

await test('a request learns whether its session was lost or its consumer gave up', async () => {
  const served: IncomingRequest[] = []
  const pair = await openPair({ provider: { onRequest: (incoming) => void served.push(incoming) } })
  const given = pair.consumer.send(makeOpening(), '', null)
  const lost = pair.consumer.send(makeOpening(), '', null)
  while (served.length < 2) await new Promise((resolve) => setImmediate(resolve))
  given.cancel()
  while (served[0]?.cancelled !== true) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(served[0].isLost, false)
  pair.consumer.destroy()
  assert.equal(await codeOf(lost.answer), 'session_closed')
  while (served[1]?.cancelled !== true) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(served[1].isLost, true)
})
