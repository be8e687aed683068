import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import { makeAnswer } from '../testing/fake-session.ts'
import { makeCall, refusalOf, revokeAgreement } from '../testing/gateway-world.ts'
import { openOutbound } from '../testing/outbound-bench.ts'
import { sendRequest } from './send-request.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

/** Lets everything that is ready run. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

test(
  'the steps: ready, allowed, a session, sent under the agreement, answered, recorded, delivered',
  BOUNDED,
  async () => {
    await using b = await openOutbound()
    const recorded = Promise.withResolvers<void>()
    const request = makeCall()
    const given = sendRequest(b.deps, request)
    assert.deepEqual(b.asked, ['ready', 'current'])
    const [sent] = b.session.sent
    assert.equal(sent?.opening.agreement, b.world.agreement)
    assert.equal(sent?.opening.exchange, request.exchange)
    assert.equal(sent?.body, null)
    assert.equal(b.running.size, 1)
    sent?.answered.resolve(makeAnswer(recorded.promise))
    recorded.resolve()
    const answer = await given
    assert.equal(answer.exchange, request.exchange)
    assert.deepEqual(answer.body, Buffer.from('paid'))
    answer.finished?.('delivered')
    assert.equal(b.running.size, 0)
  },
)

test('nothing is delivered before both halves are durable', BOUNDED, async () => {
  await using b = await openOutbound()
  const recorded = Promise.withResolvers<void>()
  let isDelivered = false
  const given = sendRequest(b.deps, makeCall()).then(() => (isDelivered = true))
  b.session.sent[0]?.answered.resolve(makeAnswer(recorded.promise))
  for (let i = 0; i < 20; i += 1) await turn()
  assert.equal(isDelivered, false)
  recorded.resolve()
  await given
})

test(
  'an answer that cannot be recorded is no answer: logging_failed, and nothing runs on',
  BOUNDED,
  async () => {
    await using b = await openOutbound()
    const given = refusalOf(() => sendRequest(b.deps, makeCall()))
    const failed = Promise.reject(new WuslaError('logging_failed'))
    failed.catch(() => undefined)
    b.session.sent[0]?.answered.resolve(makeAnswer(failed))
    assert.equal((await given).code, 'logging_failed')
    assert.equal(b.running.size, 0)
    assert.ok(b.world.events.some(({ kind }) => kind === 'exchange_failed'))
  },
)

test('a gateway that is not ready asks nobody and sends nothing', BOUNDED, async () => {
  await using b = await openOutbound()
  const deps = {
    ...b.deps,
    assertReady: () => {
      throw new WuslaError('directory_stale')
    },
  }
  assert.equal((await refusalOf(() => sendRequest(deps, makeCall()))).code, 'directory_stale')
  assert.deepEqual(b.asked, [])
})

test('a denied call is never sent, and is told with its reason', BOUNDED, async () => {
  await using b = await openOutbound()
  const denied: Partial<FrontDoorRequest>[] = [
    { method: 'DELETE' },
    { path: '/other' },
    { service: 'AE-DU/SEMI/DEWA/BILLING/none' },
    { path: '/bills/%2e%2e/secret' },
    { securityServer: 'AE-DU/GOV/RTA/gw-1' },
  ]
  const codes: string[] = []
  for (const changes of denied)
    codes.push((await refusalOf(() => sendRequest(b.deps, makeCall(changes)))).code)
  assert.deepEqual(codes, [
    'access_denied',
    'access_denied',
    'unknown_service',
    'access_denied',
    'invalid_security_server',
  ])
  assert.equal(b.session.sent.length, 0)
  assert.equal(b.asked.includes('current'), false)
  assert.ok(b.world.events.some((event) => event.kind === 'exchange_refused' && event.side === 'sent'))
})

test(
  'an agreement that ends while the caller waits for a path allows nothing any more',
  BOUNDED,
  async () => {
    await using b = await openOutbound(async () => await revokeAgreement(b.world))
    assert.equal((await refusalOf(() => sendRequest(b.deps, makeCall()))).code, 'access_denied')
    assert.deepEqual(b.asked, ['ready', 'current', 'acquire'])
    assert.equal(b.session.sent.length, 0)
  },
)

test('a caller that hung up while it waited for a path has sent nothing', BOUNDED, async () => {
  const gone = new AbortController()
  await using b = await openOutbound(async () => await Promise.resolve(gone.abort()))
  const refusal = await refusalOf(() => sendRequest(b.deps, makeCall({ signal: gone.signal })))
  assert.equal(refusal.code, 'stream_cancelled')
  assert.equal(b.session.sent.length, 0)
})

test('no path is told as such also for a POST: it never left', BOUNDED, async () => {
  await using b = await openOutbound(() => Promise.reject(new WuslaError('session_closed')))
  const refusal = await refusalOf(() => sendRequest(b.deps, makeCall({ method: 'POST' })))
  assert.equal(refusal.code, 'session_closed')
})

test(
  'a caller that hangs up cancels its exchange, and so does the end of its agreement',
  BOUNDED,
  async () => {
    await using b = await openOutbound()
    const gone = new AbortController()
    const first = refusalOf(() => sendRequest(b.deps, makeCall({ signal: gone.signal })))
    gone.abort()
    assert.equal((await first).code, 'stream_cancelled')
    const second = refusalOf(() => sendRequest(b.deps, makeCall()))
    const ended = new WuslaError('access_denied', { details: { reason: 'why' } })
    assert.equal(b.running.cutDisallowed(() => ended).length, 1)
    assert.equal((await second).details['reason'], 'why')
    assert.deepEqual(
      b.session.sent.map(({ cancelled }) => cancelled),
      [['stream_cancelled'], ['access_denied']],
    )
  },
)

test('a refusal of the provider ends the exchange and reaches the caller', BOUNDED, async () => {
  await using b = await openOutbound()
  const refused = refusalOf(() => sendRequest(b.deps, makeCall({ method: 'POST' })))
  const body = Buffer.from(JSON.stringify({ message: 'no disk' }))
  b.session.sent[0]?.answered.resolve(makeAnswer(Promise.resolve(), { error: 'logging_failed' }, body))
  const refusal = await refused
  assert.equal(refusal.code, 'logging_failed')
  assert.equal(refusal.details['by'], 'provider')
  assert.equal(b.running.size, 0)
})

test(
  'hours hold for what is taken in them, also when the way to the provider takes longer',
  BOUNDED,
  async () => {
    const hours = { timeZone: 'UTC', days: [1], from: '08:00', until: '08:01' }
    await using b = await openOutbound(
      async (_, world) => await Promise.resolve(world.clock.advance(60_000)),
      {
        hours,
      },
    )
    const given = sendRequest(b.deps, makeCall())
    while (b.session.sent.length === 0) await turn()
    b.session.sent[0]?.answered.resolve(makeAnswer(Promise.resolve()))
    await given
    const refusal = await refusalOf(() => sendRequest(b.deps, makeCall()))
    assert.deepEqual([refusal.code, refusal.details['reason']], ['access_denied', 'outside_hours'])
    assert.equal(b.session.sent.length, 1)
  },
)

test('a purpose that the grant asks for is named, or the call is not sent', BOUNDED, async () => {
  await using b = await openOutbound(undefined, { purpose: ['licensing', 'fines'] })
  const refusal = await refusalOf(() => sendRequest(b.deps, makeCall()))
  assert.deepEqual([refusal.code, refusal.details['reason']], ['access_denied', 'purpose_required'])
  assert.match(refusal.message, /one of licensing, fines/)
  assert.match(String(refusal.details['remedy']), /Wusla-Purpose/)
  assert.equal(b.session.sent.length, 0)
  const given = sendRequest(b.deps, makeCall({ purpose: 'fines' }))
  assert.equal(b.session.sent[0]?.opening.purpose, 'fines')
  b.session.sent[0].answered.resolve(makeAnswer(Promise.resolve()))
  await given
})

test(
  'a limit that refuses keeps the call from every session, and a call that was not sent costs nothing',
  BOUNDED,
  async () => {
    let isAway = true
    await using b = await openOutbound(
      async () => {
        await Promise.resolve()
        if (isAway) throw new WuslaError('no_path')
      },
      { limits: { requestsPerDay: 1 } },
    )
    assert.equal((await refusalOf(() => sendRequest(b.deps, makeCall()))).code, 'no_path')
    isAway = false
    const given = sendRequest(b.deps, makeCall())
    while (b.session.sent.length === 0) await turn()
    b.session.sent[0]?.answered.resolve(makeAnswer(Promise.resolve()))
    const answer = await given
    answer.finished?.('delivered')
    b.asked.length = 0
    const { code, details } = await refusalOf(() => sendRequest(b.deps, makeCall()))
    assert.deepEqual(
      [code, details['reason'], details['retryAfterS']],
      ['limit_exceeded', 'quota_exceeded', 16 * 3_600],
    )
    assert.deepEqual(b.asked, ['ready'])
    assert.equal(b.session.sent.length, 1)
    assert.equal(b.running.size, 0)
    assert.equal(b.world.events.at(-1)?.kind, 'exchange_refused')
  },
)

test(
  'an answer that passes the bytes of the day is not delivered; a copy that is sent again is not counted',
  BOUNDED,
  async () => {
    await using b = await openOutbound(undefined, { limits: { bytesPerDay: 100, requestsPerDay: 2 } })
    const answerNext = async (bytes: number): Promise<unknown> => {
      const count = b.session.sent.length
      const given = sendRequest(b.deps, makeCall({ method: 'POST', body: Buffer.alloc(10) }))
      while (b.session.sent.length === count) await turn()
      b.session.sent[count]?.answered.reject(new WuslaError('session_closed'))
      while (b.session.sent.length === count + 1) await turn()
      b.session.sent[count + 1]?.answered.resolve(makeAnswer(Promise.resolve(), {}, Buffer.alloc(bytes)))
      return await given
    }
    await answerNext(50)
    const refusal = await refusalOf(async () => await answerNext(31))
    assert.deepEqual([refusal.code, refusal.details['reason']], ['delivery_interrupted', 'quota_exceeded'])
    assert.equal(b.running.size, 1, 'the first one is not finished')
  },
)
