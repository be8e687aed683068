import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgementPath } from '../../protocol/acknowledgement.ts'
import { digest256 } from '../../protocol/digest.ts'
import { headDigest, requestHead } from '../../protocol/head.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { EstablishedSession, SessionTarget } from '../peer-sessions.ts'
import { FakeSession, makeAnswer, type SentRequest } from '../testing/fake-session.ts'
import { CLIENT, HandClock, SERVICE } from '../testing/gateway-world.ts'
import { Acknowledgements, type DeliveredAnswer } from './acknowledgements.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const GATEWAY = 'AE-DU/SEMI/DEWA/gw-1'

interface Bench {
  readonly queue: Acknowledgements
  readonly clock: HandClock
  readonly events: GatewayEvent[]
  readonly asked: SessionTarget[]
  /** The sessions that are given, in turn; the last one stays. */
  readonly sessions: FakeSession[]
}

function bench(maxWaiting?: number, acquire?: (target: SessionTarget) => Promise<EstablishedSession>): Bench {
  const clock = new HandClock()
  const events: GatewayEvent[] = []
  const asked: SessionTarget[] = []
  const sessions = [new FakeSession()]
  const give = async (target: SessionTarget): Promise<EstablishedSession> => {
    asked.push(target)
    if (acquire !== undefined) return await acquire(target)
    const session = sessions.find(({ open }) => open)
    if (session === undefined) throw new WuslaError('no_path')
    return { session: session.asSession, path: [], peerTlsKey: '' }
  }
  const queue = new Acknowledgements({
    network: 'AE-DU',
    sessions: { acquire: give },
    clock,
    onEvent: (event) => events.push(event),
    withinMs: 600_000,
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  })
  return { queue, clock, events, asked, sessions }
}

let last = 0
function delivered(changes: Partial<DeliveredAnswer> = {}): DeliveredAnswer {
  last += 1
  const exchange = `019aafa1-3f23-7c10-9d4e-${String(last).padStart(12, '0')}`
  const names = { client: CLIENT, service: SERVICE, agreement: digest256('agreement'), gateway: GATEWAY }
  return { exchange, answer: digest256(exchange), transit: {}, ...names, ...changes }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function sentOver(session: FakeSession | undefined, place = 0): Promise<SentRequest> {
  await until(() => session?.sent[place] !== undefined)
  const request = session?.sent[place]
  assert.ok(request !== undefined)
  return request
}

const taken = makeAnswer(Promise.resolve(), { status: 204 }, Buffer.alloc(0))
const recorded = Promise.resolve()
const refused = (error: string): typeof taken => makeAnswer(recorded, { status: 409, error }, Buffer.alloc(0))

test('an acknowledgement is an exchange of its own, to the gateway that answered', BOUNDED, async () => {
  const { queue, asked, sessions, events } = bench()
  const about = delivered()
  queue.add(about)
  const { opening, headerBlock, body, isResent, answered } = await sentOver(sessions[0])
  const { client, service, method, path, query, agreement, exchange } = opening
  assert.deepEqual(asked, [{ member: 'AE-DU/SEMI/DEWA', gateway: GATEWAY }])
  assert.deepEqual(
    [client, service, method, path, query, agreement],
    [CLIENT, SERVICE, 'PUT', acknowledgementPath(about), undefined, about.agreement],
  )
  assert.notEqual(exchange, about.exchange)
  assert.equal(opening.head, headDigest(requestHead('PUT', service, path, undefined, headerBlock)))
  assert.deepEqual([body, isResent, queue.waiting], [null, false, 1])
  answered.resolve(taken)
  await until(() => queue.waiting === 0)
  assert.deepEqual(events, [{ kind: 'acknowledgement_sent', exchange: about.exchange, peer: GATEWAY }])
})

test('when its session is lost it goes again over another, with the same words', BOUNDED, async () => {
  const { queue, sessions, events } = bench()
  sessions.push(new FakeSession())
  queue.add(delivered())
  const first = await sentOver(sessions[0])
  sessions[0]?.end()
  first.answered.reject(new WuslaError('session_closed'))
  const second = await sentOver(sessions[1])
  assert.deepEqual(second.opening, first.opening)
  assert.equal(second.headerBlock, first.headerBlock)
  assert.deepEqual([first.isResent, second.isResent], [false, true])
  second.answered.resolve(taken)
  await until(() => queue.waiting === 0)
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['acknowledgement_sent'],
  )
})

test('a provider that cannot tell now is asked again; one that says no is not', BOUNDED, async () => {
  const { queue, sessions, events } = bench()
  const [session] = sessions
  queue.add(delivered())
  const first = await sentOver(session)
  first.answered.resolve(refused('evidence_behind'))
  const second = await sentOver(session, 1)
  second.answered.resolve(refused('conflict'))
  await until(() => queue.waiting === 0)
  assert.equal(session?.sent.length, 2)
  assert.deepEqual(
    events.map((event) => (event.kind === 'acknowledgement_not_sent' ? event.code : event.kind)),
    ['conflict'],
  )
})

test('it is given up when its time is over', BOUNDED, async () => {
  const { queue, sessions, clock, events } = bench()
  queue.add(delivered())
  const first = await sentOver(sessions[0])
  clock.advance(600_000)
  first.answered.reject(new WuslaError('session_closed'))
  await until(() => queue.waiting === 0)
  assert.equal(sessions[0]?.sent.length, 1)
  assert.deepEqual(
    events.map((event) => (event.kind === 'acknowledgement_not_sent' ? event.code : event.kind)),
    ['session_closed'],
  )
})

test('an old gateway that announced nothing is sent nothing', BOUNDED, async () => {
  const { queue, sessions, events } = bench()
  const [session] = sessions
  assert.ok(session !== undefined)
  session.peerFeatures = []
  queue.add(delivered())
  await until(() => queue.waiting === 0)
  assert.deepEqual(session.sent, [])
  assert.deepEqual(
    events.map((event) => (event.kind === 'acknowledgement_not_sent' ? event.code : event.kind)),
    ['unsupported_version'],
  )
})

test('so many wait and no more, and one unreachable gateway holds up no other', BOUNDED, async () => {
  const reachable = new FakeSession()
  const never = new Promise<EstablishedSession>(() => undefined)
  const { queue, events } = bench(100, async ({ gateway }) => {
    if (gateway !== GATEWAY) return await never
    return { session: reachable.asSession, path: [], peerTlsKey: '' }
  })
  for (let i = 0; i < 99; i += 1) queue.add(delivered({ gateway: 'AE-DU/SEMI/DEWA/gw-2' }))
  queue.add(delivered())
  queue.add(delivered())
  assert.equal(queue.waiting, 100)
  assert.deepEqual(
    events.map((event) => (event.kind === 'acknowledgement_not_sent' ? event.code : event.kind)),
    ['overloaded'],
  )
  const sent = await sentOver(reachable)
  sent.answered.resolve(taken)
  await until(() => queue.waiting === 99)
  queue.close()
})

test('no more than 32 are under way to one gateway; a node that leaves waits for all', BOUNDED, async () => {
  const { queue, sessions } = bench()
  const [session] = sessions
  for (let i = 0; i < 40; i += 1) queue.add(delivered())
  await sentOver(session, 31)
  assert.equal(session?.sent.length, 32)
  const settled = queue.settle(10_000, new AbortController().signal)
  for (let i = 0; i < 40; i += 1) (await sentOver(session, i)).answered.resolve(taken)
  await settled
  assert.equal(queue.waiting, 0)
})
