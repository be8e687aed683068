import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { FakeIncoming } from '../testing/fake-session.ts'
import { makeStatement } from '../testing/gateway-world.ts'
import { backendAnswer, type InboundBench, openInbound } from '../testing/inbound-bench.ts'
import { serveRequest } from './serve-request.ts'

const BOUNDED = { timeout: 20_000 }
type Words = ReturnType<typeof makeStatement>

function words(bench: InboundBench, method = 'POST'): Words {
  return makeStatement(bench.world.agreement, '', { method })
}

/** A copy of a request; durable at once. */
function copy(of: Words, isResent = true): FakeIncoming {
  const incoming = new FakeIncoming(of, 'AE-DU/GOV/RTA/gw-1', Buffer.from('pay'))
  incoming.isResent = isResent
  incoming.durable.resolve()
  return incoming
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('a session lost while the backend works: the copy attaches to the one call', BOUNDED, async () => {
  await using bench = await openInbound()
  const said = words(bench)
  const first = copy(said, false)
  const lost = serveRequest(bench.deps, first.asIncoming, [])
  await turns()
  first.end(true)
  const second = copy(said)
  const served = serveRequest(bench.deps, second.asIncoming, [])
  await turns()
  assert.equal(bench.calls.length, 1)
  assert.equal(bench.calls[0]?.cancellation?.isCancelled, false, 'the backend works on')
  bench.calls[0]?.answered.resolve(backendAnswer('paid', 201))
  await Promise.all([lost, served])
  assert.deepEqual(
    second.answers.map(({ status, body }) => [status, body]),
    [[201, 'paid']],
  )
  assert.equal(bench.calls.length, 1)
  assert.equal(first.answers.length, 0)
  assert.deepEqual(
    bench.world.events.map(({ kind }) => kind),
    ['exchange_came_again', 'exchange_served'],
  )
})

test('a session lost after the answer: the copy gets the same answer', BOUNDED, async () => {
  await using bench = await openInbound()
  const said = words(bench)
  const first = copy(said, false)
  const served = serveRequest(bench.deps, first.asIncoming, [])
  await turns()
  bench.calls[0]?.answered.resolve(backendAnswer('paid', 201))
  await served
  first.read.resolve(false)
  await turns()
  const second = copy(said)
  await serveRequest(bench.deps, second.asIncoming, [])
  assert.deepEqual(second.answers, first.answers)
  assert.equal(bench.calls.length, 1)
})

test('a failure of the backend is the answer of the copy as well', BOUNDED, async () => {
  await using bench = await openInbound()
  const said = words(bench)
  const first = copy(said, false)
  const lost = serveRequest(bench.deps, first.asIncoming, [])
  await turns()
  first.end(true)
  bench.calls[0]?.answered.reject(new WuslaError('backend_timeout'))
  await lost
  const second = copy(said)
  await serveRequest(bench.deps, second.asIncoming, [])
  assert.equal(second.answers[0]?.error, 'backend_timeout')
  assert.equal(bench.calls.length, 1)
})

test(
  'another request under the same name is refused, and the backend sees nothing of it',
  BOUNDED,
  async () => {
    await using bench = await openInbound()
    const said = words(bench)
    const served = serveRequest(bench.deps, copy(said, false).asIncoming, [])
    await turns()
    const other = { ...said, statement: { ...said.statement, messageId: 'another' } }
    const liar = copy(other)
    await serveRequest(bench.deps, liar.asIncoming, [])
    assert.equal(liar.answers[0]?.error, 'conflict')
    bench.calls[0]?.answered.resolve(backendAnswer('paid'))
    await served
    assert.equal(bench.calls.length, 1)
  },
)

test('a consumer that gives up ends the call, whichever copy says so', BOUNDED, async () => {
  await using bench = await openInbound()
  const said = words(bench)
  const first = copy(said, false)
  const lost = serveRequest(bench.deps, first.asIncoming, [])
  await turns()
  first.end(true)
  const second = copy(said)
  const again = serveRequest(bench.deps, second.asIncoming, [])
  await turns()
  second.end(false)
  assert.equal(bench.calls[0]?.cancellation?.isCancelled, true)
  bench.calls[0]?.answered.reject(new WuslaError('stream_cancelled'))
  await Promise.all([lost, again])
})

test(
  'after a restart: a POST that may have been carried out is outcome_unknown, a GET is called again',
  BOUNDED,
  async () => {
    await using bench = await openInbound()
    const post = words(bench)
    bench.receivedBefore.add(post.statement.exchange)
    const second = copy(post)
    await serveRequest(bench.deps, second.asIncoming, [])
    assert.equal(second.answers[0]?.error, 'outcome_unknown')
    assert.equal(bench.calls.length, 0)
    const get = words(bench, 'GET')
    bench.receivedBefore.add(get.statement.exchange)
    const served = serveRequest(bench.deps, copy(get).asIncoming, [])
    await turns()
    bench.calls[0]?.answered.resolve(backendAnswer('paid'))
    await served
  },
)

test('after a restart: a POST that never arrived is carried out', BOUNDED, async () => {
  await using bench = await openInbound()
  const served = serveRequest(bench.deps, copy(words(bench)).asIncoming, [])
  await turns()
  assert.equal(bench.calls.length, 1)
  bench.calls[0]?.answered.resolve(backendAnswer('paid'))
  await served
})

test(
  'an answer too large to keep: a POST is delivery_interrupted, a GET is called again',
  BOUNDED,
  async () => {
    for (const [method, calls] of [
      ['POST', 1],
      ['GET', 2],
    ] as const) {
      await using bench = await openInbound()
      const said = words(bench, method)
      const first = copy(said, false)
      const served = serveRequest(bench.deps, first.asIncoming, [])
      await turns()
      bench.calls[0]?.answered.resolve({ ...backendAnswer(''), body: (async function* () {})() })
      await served
      first.read.resolve(false)
      await turns()
      const second = copy(said)
      const again = serveRequest(bench.deps, second.asIncoming, [])
      await turns()
      bench.calls[1]?.answered.resolve(backendAnswer('small now'))
      await again
      assert.equal(bench.calls.length, calls)
      assert.equal(second.answers[0]?.error, method === 'POST' ? 'delivery_interrupted' : undefined)
    }
  },
)

test('a refusal is let go like an answer: when it was read', BOUNDED, async () => {
  await using bench = await openInbound()
  const read = copy(words(bench), false)
  const refused = serveRequest(bench.deps, read.asIncoming, [])
  await turns()
  bench.calls[0]?.answered.reject(new WuslaError('backend_timeout'))
  await refused
  assert.equal(bench.served.size, 1)
  read.read.resolve(true)
  await turns()
  assert.equal(bench.served.size, 0)
})

/** The copy is carried out while the first one is still on a line that loses much; then the first one comes. */
async function copyBeforeFirst(
  bench: InboundBench,
  end: (second: FakeIncoming) => void,
): Promise<FakeIncoming> {
  const said = words(bench)
  const second = copy(said)
  const served = serveRequest(bench.deps, second.asIncoming, [])
  await turns()
  end(second)
  await served
  await turns()
  const late = copy(said, false)
  const again = serveRequest(bench.deps, late.asIncoming, [])
  await turns()
  assert.equal(bench.calls.length, 1, 'the backend was called for the copy, and not again')
  await again
  return late
}

test(
  'the first copy comes after the second was answered: the backend is not called again',
  BOUNDED,
  async () => {
    await using bench = await openInbound()
    const late = await copyBeforeFirst(bench, (second) => {
      bench.calls[0]?.answered.resolve(backendAnswer('paid', 201))
      second.read.resolve(true)
    })
    assert.deepEqual(
      late.answers.map(({ status, body }) => [status, body]),
      [[201, 'paid']],
    )
    late.read.resolve(true)
    await turns()
    assert.equal(bench.served.size, 0, 'every other copy says of itself that it is one')
  },
)

test('the first copy comes after the caller gave the second up: the same', BOUNDED, async () => {
  await using bench = await openInbound()
  const late = await copyBeforeFirst(bench, (second) => {
    second.end(false)
    bench.calls[0]?.answered.reject(new WuslaError('stream_cancelled'))
  })
  assert.equal(late.answers[0]?.error, 'stream_cancelled')
})
