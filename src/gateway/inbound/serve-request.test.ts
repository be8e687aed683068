import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { FakeIncoming } from '../testing/fake-session.ts'
import { makeStatement, revokeAgreement } from '../testing/gateway-world.ts'
import { backendAnswer, type InboundBench, openInbound, TARGET } from '../testing/inbound-bench.ts'
import { serveRequest } from './serve-request.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

function makeIncoming(bench: InboundBench, method: string, body?: FakeIncoming['body']): FakeIncoming {
  const words = makeStatement(bench.world.agreement, 'Accept:text/plain\r\n', { method })
  return new FakeIncoming(words, 'AE-DU/GOV/RTA/gw-1', body)
}

/** Lets everything that is ready run. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('a GET reaches the backend while its record is still on its way to the disk', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'GET')
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  assert.equal(bench.calls.length, 1)
  const [call] = bench.calls
  assert.equal(call?.target, TARGET)
  assert.equal(call?.request.body, null, 'an empty body is none')
  assert.equal(call?.request.caller.client, incoming.statement.client)
  assert.equal(bench.running.size, 1)
  call?.answered.resolve(backendAnswer('paid', 201))
  await served
  assert.equal(incoming.answers[0]?.status, 201)
  assert.equal(incoming.answers[0]?.error, undefined)
  assert.equal(incoming.answers[0]?.body, 'paid')
  assert.equal(bench.running.size, 0)
  assert.deepEqual(
    bench.world.events.map(({ kind }) => kind),
    ['exchange_served'],
  )
})

test('a POST reaches the backend only when its record is durable', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'POST', Buffer.from('pay'))
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  await turns()
  assert.equal(bench.calls.length, 0)
  incoming.durable.resolve()
  await turns()
  assert.equal(bench.calls.length, 1)
  assert.deepEqual(bench.calls[0]?.request.body, Buffer.from('pay'))
  bench.calls[0]?.answered.resolve(backendAnswer('done'))
  await served
})

test(
  'a POST whose record fails never reaches the backend, and is reset: nothing can be signed now',
  BOUNDED,
  async () => {
    await using bench = await openInbound()
    const incoming = makeIncoming(bench, 'POST')
    const served = serveRequest(bench.deps, incoming.asIncoming, [])
    incoming.durable.reject(new WuslaError('logging_failed'))
    await served
    assert.equal(bench.calls.length, 0)
    assert.equal(incoming.answers.length, 0)
    assert.equal(incoming.resets.length, 1)
    assert.equal(bench.running.size, 0)
  },
)

test('a streamed POST starts at once: its last piece waits for the record instead', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'POST', (async function* () {})())
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  await turns()
  assert.equal(bench.calls.length, 1)
  bench.calls[0]?.answered.resolve(backendAnswer('done'))
  await served
})

test('an agreement that ends while a POST waits for its record still stops it', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'POST')
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  await revokeAgreement(bench.world)
  const ended = new WuslaError('access_denied')
  bench.running.cutDisallowed((exchange) => (bench.world.access.decide(exchange).allowed ? undefined : ended))
  incoming.durable.resolve()
  await served
  assert.deepEqual(incoming.resets, ['access_denied'])
  assert.equal(bench.calls.length, 0)
})

test('a caller that gives up while its POST waits for the record has called nothing', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'POST')
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  incoming.cancelled = true
  incoming.durable.resolve()
  await served
  assert.equal(bench.calls.length, 0)
})

test('a refused request is answered with its code, and the backend sees nothing of it', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = new FakeIncoming(makeStatement(bench.world.agreement, '', { path: '/other' }))
  await serveRequest(bench.deps, incoming.asIncoming, [])
  assert.equal(incoming.answers[0]?.error, 'access_denied')
  const { details } = JSON.parse(incoming.answers[0]?.body ?? '') as { details: { remedy?: unknown } }
  assert.equal(typeof details.remedy, 'string')
  assert.equal(bench.calls.length, 0)
  assert.equal(bench.running.size, 0)
  assert.ok(bench.world.events.some((event) => event.kind === 'exchange_refused' && event.side === 'served'))
})

test('a gateway that is not ready says so in a signed answer, and calls nothing', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'GET')
  const assertReady = (): never => {
    throw new WuslaError('directory_stale')
  }
  await serveRequest({ ...bench.deps, assertReady }, incoming.asIncoming, [])
  assert.equal(incoming.answers.length, 1)
  assert.ok(incoming.answers[0]?.error !== undefined)
  assert.equal(bench.calls.length, 0)
})

test(
  'a backend that fails is answered with the code of its failure, and nothing runs on',
  BOUNDED,
  async () => {
    await using bench = await openInbound()
    const incoming = makeIncoming(bench, 'GET')
    const served = serveRequest(bench.deps, incoming.asIncoming, [])
    bench.calls[0]?.answered.reject(new WuslaError('backend_timeout'))
    await served
    assert.equal(incoming.answers[0]?.error, 'backend_timeout')
    assert.equal(bench.running.size, 0)
  },
)

test('a running call is cut when its agreement ends: stream reset, backend told', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = makeIncoming(bench, 'GET')
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  bench.running.cutDisallowed(() => new WuslaError('access_denied'))
  assert.deepEqual(incoming.resets, ['access_denied'])
  assert.equal(bench.calls[0]?.cancellation?.isCancelled, true)
  bench.calls[0]?.answered.reject(new WuslaError('stream_cancelled'))
  await served
  assert.equal(incoming.answers.length, 0)
})

test('a backend is told the purpose that was signed', BOUNDED, async () => {
  await using bench = await openInbound({ purpose: ['licensing'] })
  const { statement, headerBlock } = makeStatement(bench.world.agreement)
  const incoming = new FakeIncoming({ statement: { ...statement, purpose: 'licensing' }, headerBlock })
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  assert.equal(bench.calls[0]?.request.caller.purpose, 'licensing')
  bench.calls[0].answered.resolve(backendAnswer('paid'))
  await served
  assert.equal(incoming.answers[0]?.status, 200)
})

suite('limits at the provider', () => {
  const request = (bench: InboundBench): FakeIncoming =>
    new FakeIncoming(makeStatement(bench.world.agreement))

  test(
    'the backend sees nothing of what they refuse, and the refusal says when to come again',
    BOUNDED,
    async () => {
      await using bench = await openInbound({ limits: { requestsPerDay: 1 } })
      const first = serveRequest(bench.deps, request(bench).asIncoming, [])
      await turns()
      bench.calls[0]?.answered.resolve(backendAnswer('paid'))
      await first
      const second = request(bench)
      await serveRequest(bench.deps, second.asIncoming, [])
      assert.equal(bench.calls.length, 1)
      assert.deepEqual([second.answers[0]?.status, second.answers[0]?.error], [429, 'limit_exceeded'])
      const { details } = JSON.parse(second.answers[0]?.body ?? '') as { details: Record<string, unknown> }
      assert.deepEqual([details['reason'], details['retryAfterS']], ['quota_exceeded', 16 * 3_600])
    },
  )

  test('copies of one exchange count once', BOUNDED, async () => {
    await using bench = await openInbound({ limits: { requestsPerDay: 1 } })
    const words = makeStatement(bench.world.agreement)
    const copies = [new FakeIncoming(words), new FakeIncoming(words), new FakeIncoming(words)]
    const served = copies.map((copy) => serveRequest(bench.deps, copy.asIncoming, []))
    await turns()
    bench.calls[0]?.answered.resolve(backendAnswer('paid'))
    await Promise.all(served)
    assert.equal(bench.calls.length, 1)
    assert.deepEqual(
      copies.map(({ answers }) => answers[0]?.status),
      [200, 200, 200],
    )
  })

  test(
    'an answer too many is cut, and is no refusal that could be taken for "nothing was done"',
    BOUNDED,
    async () => {
      await using bench = await openInbound({ limits: { bytesPerDay: 10 } })
      const incoming = request(bench)
      const served = serveRequest(bench.deps, incoming.asIncoming, [])
      await turns()
      bench.calls[0]?.answered.resolve(backendAnswer('more than ten bytes'))
      await served
      assert.equal(incoming.answers[0]?.error, 'delivery_interrupted')
    },
  )
})
