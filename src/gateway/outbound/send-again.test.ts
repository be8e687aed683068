import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingAnswer } from '../../transport/incoming-answer.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { PeerSessions, SessionTarget } from '../peer-sessions.ts'
import { RunningExchanges } from '../running-exchanges.ts'
import { FakeSession, makeAnswer, type SentRequest } from '../testing/fake-session.ts'
import { type GatewayWorld, HandClock, makeCall, openWorld, refusalOf } from '../testing/gateway-world.ts'
import { type OutboundDeps, sendRequest } from './send-request.ts'
import { TimeTexts } from './time-texts.ts'

const BOUNDED = { timeout: 20_000 }
const DEWA = 'AE-DU/SEMI/DEWA'

interface Bench extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly deps: OutboundDeps
  /** Every session that was given out, in order. */
  readonly sessions: FakeSession[]
  readonly asked: SessionTarget[]
  readonly running: RunningExchanges
  readonly clock: HandClock
  /** The request that the session of this number carries; waits for it. */
  readonly sent: (number: number) => Promise<SentRequest>
}

/** @param noPathFrom - from this session on there is no path any more */
async function bench(noPathFrom = Infinity): Promise<Bench> {
  const world = await openWorld()
  const clock = new HandClock()
  const sessions: FakeSession[] = []
  const asked: SessionTarget[] = []
  const give = (target: SessionTarget): { session: never; path: [] } => {
    asked.push(target)
    if (sessions.length >= noPathFrom) throw new WuslaError('no_path', { details: { tried: [] } })
    const session = new FakeSession()
    sessions.push(session)
    return { session: session.asSession as never, path: [] }
  }
  const peers = {
    current: give,
    acquire: async (target: SessionTarget) => await Promise.resolve(give(target)),
  }
  const running = new RunningExchanges(clock)
  const deps: OutboundDeps = {
    network: 'AE-DU',
    times: new TimeTexts(),
    directory: world.directory,
    access: world.access,
    limits: world.limits,
    sessions: peers as unknown as PeerSessions,
    running,
    evidence: { remember: async () => await Promise.resolve() },
    acknowledgements: { add: () => undefined },
    assertReady: () => undefined,
    clock,
    onEvent: (event) => world.events.push(event),
    pathDeadlineMs: 1_000,
  }
  const sent = async (number: number): Promise<SentRequest> => {
    for (let turn = 0; turn < 5_000; turn += 1) {
      const request = sessions[number]?.sent[0]
      if (request !== undefined) return request
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    throw new Error(`nothing was sent over session ${number}`)
  }
  const dispose = (): PromiseLike<void> => world[Symbol.asyncDispose]()
  return { world, deps, sessions, asked, running, clock, sent, [Symbol.asyncDispose]: dispose }
}

/** The signed refusal of a gateway that is closing. */
function closing(): IncomingAnswer {
  const body = Buffer.from(JSON.stringify({ message: 'The gateway is closing.' }))
  return makeAnswer(Promise.resolve(), { status: 503, error: 'session_closed' }, body)
}

const LOST = new WuslaError('session_closed')
const POST: Partial<FrontDoorRequest> = { method: 'POST', body: Buffer.from('pay') }

test(
  'a lost session is nothing to the caller: the same words go out again, marked, and are answered',
  BOUNDED,
  async () => {
    await using b = await bench()
    const given = sendRequest(b.deps, makeCall(POST))
    const first = await b.sent(0)
    first.answered.reject(LOST)
    const second = await b.sent(1)
    assert.deepEqual([first.isResent, second.isResent], [false, true])
    assert.deepEqual(second.opening, first.opening)
    assert.equal(second.headerBlock, first.headerBlock)
    assert.deepEqual(second.body, first.body)
    second.answered.reject(LOST)
    const third = await b.sent(2)
    third.answered.resolve(makeAnswer(Promise.resolve()))
    const answer = await given
    assert.deepEqual(answer.body, Buffer.from('paid'))
    answer.finished?.('delivered')
    assert.equal(b.running.size, 0)
    assert.equal(b.world.events.filter(({ kind }) => kind === 'exchange_sent_again').length, 2)
  },
)

test('a key that is revoked or replaced costs a session and no exchange', BOUNDED, async () => {
  for (const call of [POST, {}]) {
    await using b = await bench()
    const given = sendRequest(b.deps, makeCall(call))
    const first = await b.sent(0)
    first.answered.reject(new WuslaError('key_revoked'))
    const second = await b.sent(1)
    assert.ok(second.isResent)
    second.answered.resolve(makeAnswer(Promise.resolve()))
    assert.equal((await given).status, 200)
  }
})

test(
  'of a POST whose session was cut with a key, and that finds no path any more, nobody knows',
  BOUNDED,
  async () => {
    await using b = await bench(1)
    const given = sendRequest(b.deps, makeCall(POST))
    ;(await b.sent(0)).answered.reject(new WuslaError('key_revoked'))
    assert.equal((await refusalOf(() => given)).code, 'outcome_unknown')
  },
)

test('a POST goes back to the gateway that may have it, a GET to any', BOUNDED, async () => {
  for (const [call, expected] of [
    [POST, { member: DEWA, gateway: `${DEWA}/gw-1` }],
    [{}, { member: DEWA, gateway: undefined }],
  ] as const) {
    await using b = await bench()
    const given = sendRequest(b.deps, makeCall(call))
    const first = await b.sent(0)
    first.answered.reject(LOST)
    const second = await b.sent(1)
    assert.equal(b.asked[1]?.member, expected.member)
    assert.equal(b.asked[1]?.gateway, expected.gateway)
    second.answered.resolve(makeAnswer(Promise.resolve()))
    await given
  }
})

test('a gateway that is closing did nothing, so that a POST may go to another node', BOUNDED, async () => {
  await using b = await bench()
  const given = sendRequest(b.deps, makeCall(POST))
  const first = await b.sent(0)
  first.answered.resolve(closing())
  const second = await b.sent(1)
  assert.equal(b.asked[1]?.gateway, undefined)
  second.answered.resolve(makeAnswer(Promise.resolve()))
  const { status } = await given
  assert.equal(status, 200, 'and the caller hears nothing of it')
})

test('of two nodes only the one that may have a POST gets it again', BOUNDED, async () => {
  await using b = await bench()
  const given = sendRequest(b.deps, makeCall(POST))
  ;(await b.sent(0)).answered.resolve(closing())
  await b.sent(1)
  const second = b.sessions[1] ?? assert.fail()
  Object.assign(second, { peer: `${DEWA}/gw-2` })
  second.sent[0]?.answered.reject(LOST)
  const third = await b.sent(2)
  assert.deepEqual(
    b.asked.map(({ gateway }) => gateway),
    [undefined, undefined, `${DEWA}/gw-2`],
  )
  third.answered.resolve(makeAnswer(Promise.resolve()))
  await given
})

test('a node that did nothing with a second copy says nothing about the first', BOUNDED, async () => {
  await using b = await bench(3)
  const refused = refusalOf(() => sendRequest(b.deps, makeCall(POST)))
  ;(await b.sent(0)).answered.reject(LOST)
  ;(await b.sent(1)).answered.resolve(closing())
  const third = await b.sent(2)
  assert.deepEqual(
    b.asked.map(({ gateway }) => gateway),
    [undefined, `${DEWA}/gw-1`, `${DEWA}/gw-1`],
    'never to another node',
  )
  third.answered.resolve(closing())
  assert.equal((await refused).code, 'outcome_unknown')
})

test('when no path is left a POST is outcome_unknown and a GET no_path', BOUNDED, async () => {
  for (const [call, code] of [
    [POST, 'outcome_unknown'],
    [{}, 'no_path'],
  ] as const) {
    await using b = await bench(1)
    const refused = refusalOf(() => sendRequest(b.deps, makeCall(call)))
    const first = await b.sent(0)
    first.answered.reject(LOST)
    assert.equal((await refused).code, code)
    assert.equal(b.running.size, 0)
  }
})

test('after the deadline nothing is sent again', BOUNDED, async () => {
  await using b = await bench()
  const refused = refusalOf(() => sendRequest(b.deps, makeCall(POST)))
  const first = await b.sent(0)
  b.clock.advance(1_000)
  first.answered.reject(LOST)
  assert.equal((await refused).code, 'outcome_unknown')
  assert.equal(b.sessions.length, 1)
})

test(
  'what is not the loss of a session is not sent again, nor is a body that streamed',
  BOUNDED,
  async () => {
    for (const [call, error, code] of [
      [POST, new WuslaError('backend_timeout'), 'backend_timeout'],
      [{ method: 'PUT', body: (async function* () {})() }, LOST, 'delivery_interrupted'],
    ] as const) {
      await using b = await bench()
      const refused = refusalOf(() => sendRequest(b.deps, makeCall(call)))
      const first = await b.sent(0)
      first.answered.reject(error)
      assert.equal((await refused).code, code)
      assert.equal(b.sessions.length, 1)
    }
  },
)

for (const way of ['its signal', 'a call']) {
  test(`a caller that hangs up, as ${way} tells, cancels the copy that is under way`, BOUNDED, async () => {
    await using b = await bench()
    const gone = new AbortController()
    const onHangUp = (listener: () => void): void => gone.signal.addEventListener('abort', listener)
    const told = way === 'a call' ? { onHangUp } : { signal: gone.signal }
    const refused = refusalOf(() => sendRequest(b.deps, makeCall(told)))
    const first = await b.sent(0)
    first.answered.reject(LOST)
    const second = await b.sent(1)
    gone.abort()
    assert.equal((await refused).code, 'stream_cancelled')
    assert.deepEqual(second.cancelled, ['stream_cancelled'])
    assert.equal(b.sessions.length, 2)
  })
}

test('an agreement that ended meanwhile allows no second copy', BOUNDED, async () => {
  await using b = await bench()
  let isAllowed = true
  const access = {
    authorise: (...args: Parameters<typeof b.deps.access.authorise>) => {
      if (!isAllowed) throw new WuslaError('access_denied')
      return b.deps.access.authorise(...args)
    },
  }
  const deps = { ...b.deps, access } as unknown as OutboundDeps
  const refused = refusalOf(() => sendRequest(deps, makeCall(POST)))
  const first = await b.sent(0)
  isAllowed = false
  first.answered.reject(LOST)
  assert.equal((await refused).code, 'access_denied')
  assert.equal(b.sessions[1]?.sent.length, 0)
})

test('a caller that hangs up while a path is looked for again has sent no second copy', BOUNDED, async () => {
  await using b = await bench()
  const gone = new AbortController()
  const { sessions } = b.deps
  const acquire: typeof sessions.acquire = async (...args) => {
    gone.abort()
    return await sessions.acquire(...args)
  }
  const current: typeof sessions.current = (...args) => sessions.current(...args)
  const deps = { ...b.deps, sessions: { current, acquire } } as unknown as OutboundDeps
  const refused = refusalOf(() => sendRequest(deps, makeCall({ ...POST, signal: gone.signal })))
  const first = await b.sent(0)
  first.answered.reject(LOST)
  assert.equal((await refused).code, 'stream_cancelled')
  assert.equal(b.sessions[1]?.sent.length, 0)
})
