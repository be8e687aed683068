import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEWA, RTA, start, type Started } from '../../directory/testing/two-members.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { EstablishedSession } from '../peer-sessions.ts'
import { FakeSession } from '../testing/fake-session.ts'
import type { DialRule } from './dialable-address.ts'
import { DirectPaths } from './direct-paths.ts'

const OWN = `${RTA}/gw-1`
const PEER = `${DEWA}/gw-1`
const ABROAD: DialRule = { dial: 'any', local: false }

interface Held {
  readonly gateway: string
  readonly path: readonly string[]
}

interface Bench extends Disposable {
  readonly network: Started
  readonly paths: DirectPaths
  readonly held: Held[]
  /** Addresses that were dialled. */
  readonly dialled: string[]
  readonly adopted: EstablishedSession[]
  readonly events: GatewayEvent[]
  readonly announce: (address: string) => Promise<void>
  /** Lets time pass. */
  readonly pass: (ms: number) => void
}

type Dial = (attempt: number) => Promise<EstablishedSession>

async function bench(rule: DialRule, dial: Dial): Promise<Bench> {
  const network = await start()
  const { script, dewa, add } = network
  let nowMs = 0
  const held: Held[] = []
  const dialled: string[] = []
  const adopted: EstablishedSession[] = []
  const events: GatewayEvent[] = []
  const paths = new DirectPaths({
    gateway: OWN,
    directory: network.directory,
    rule,
    dial: async (gateway, { host, port }) => {
      assert.equal(gateway, PEER)
      dialled.push(`${host} ${port}`)
      return await dial(dialled.length)
    },
    sessions: () => ({
      list: () => held,
      adopt: (gateway, established, role, use) => {
        assert.deepEqual([gateway, role, use], [PEER, 'initiator', undefined])
        adopted.push(established)
        held.push({ gateway, path: [] })
        void established.session.closed.then(() => held.pop())
      },
    }),
    onEvent: (event) => events.push(event),
    random: () => 1,
    elapsedMs: () => nowMs,
    // The test looks.
    lookMs: 3_600_000,
  })
  const fields = (address: string) => ({ gateway: PEER, member: DEWA, address })
  const announce = async (address: string): Promise<void> =>
    add(await script.entry('gateway_direct_announced', fields(address), [DEWA, dewa.seal]))
  return {
    network,
    paths,
    held,
    dialled,
    adopted,
    events,
    announce,
    pass: (ms) => {
      nowMs += ms
    },
    [Symbol.dispose]: () => paths.close(),
  }
}

function session(fake = new FakeSession()): EstablishedSession & { readonly fake: FakeSession } {
  return { session: fake.asSession, path: [], peerTlsKey: '', fake }
}

const works: Dial = () => Promise.resolve(session())
const fails: Dial = () => Promise.reject(new WuslaError('gateway_unreachable'))
const throughBranch: Held = { gateway: PEER, path: ['AE-DU/branch/A'] }

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function register(network: Started, ends: readonly string[]): Promise<void> {
  const { script, add } = network
  const facts = { line: 'l', ends, capacityMbps: 1, monthlyCostAed: 0, owner: 'DEWA', riskGroups: [] }
  add(await script.entry('line_registered', facts, script.byRegistry))
}

test('by the rule off nobody is dialled, whatever there is', async () => {
  using b = await bench({ dial: 'off', local: true }, works)
  await b.announce('10.1.2.3:7443')
  await register(b.network, [OWN, PEER])
  b.held.push(throughBranch)
  b.paths.look()
  assert.equal(b.paths.attempt(PEER), undefined)
  assert.deepEqual(b.dialled, [])
})

test('by the rule lines only a registered line makes it dial, and no call is needed', async () => {
  using b = await bench({ dial: 'lines', local: false }, works)
  await b.announce('10.1.2.3:7443')
  b.held.push(throughBranch)
  b.paths.look()
  assert.equal(b.paths.attempt(PEER), undefined)
  assert.deepEqual(b.dialled, [])
  b.held.pop()
  await register(b.network, [PEER, OWN])
  b.paths.look()
  await settled()
  assert.deepEqual(b.dialled, ['10.1.2.3 7443'])
  assert.equal(b.adopted.length, 1)
  b.paths.look()
  assert.equal(b.dialled.length, 1, 'it stands')
})

test('by the rule any whoever it has a session with, or a call wants, is dialled', async () => {
  using b = await bench(ABROAD, works)
  await b.announce('10.1.2.3:7443')
  b.paths.look()
  assert.deepEqual(b.dialled, [], 'nobody wants it')
  b.held.push(throughBranch)
  b.paths.look()
  await settled()
  assert.equal(b.adopted.length, 1)
  assert.equal(b.paths.attempt(OWN), undefined)
})

test('no announcement, a local address, a withdrawn one: nothing is dialled', async () => {
  using b = await bench(ABROAD, works)
  b.held.push(throughBranch)
  const look = (): void => {
    b.paths.look()
    assert.equal(b.paths.attempt(PEER), undefined)
  }
  look()
  for (const address of ['127.0.0.1:22', '169.254.169.254:80', '[::1]:22']) {
    await b.announce(address)
    look()
  }
  await b.announce('10.1.2.3:7443')
  const { script, dewa, add } = b.network
  add(await script.entry('gateway_direct_withdrawn', { gateway: PEER, member: DEWA }, [DEWA, dewa.seal]))
  look()
  assert.deepEqual(b.dialled, [])
})

test('attempts of calls and its own are one', async () => {
  const gate = Promise.withResolvers<EstablishedSession>()
  using b = await bench(ABROAD, () => gate.promise)
  await b.announce('10.1.2.3:7443')
  b.held.push(throughBranch)
  b.paths.look()
  b.paths.look()
  const attempt = b.paths.attempt(PEER)
  const made = session()
  gate.resolve(made)
  assert.equal(await attempt, made)
  assert.equal(b.dialled.length, 1)
})

test('after a failure it waits longer each time, and a new announcement begins anew', async () => {
  using b = await bench(ABROAD, fails)
  await b.announce('10.1.2.3:7443')
  b.held.push(throughBranch)
  b.paths.look()
  await settled()
  assert.equal(b.paths.failure(PEER)?.code, 'gateway_unreachable')
  b.paths.look()
  b.pass(999)
  assert.equal(b.paths.attempt(PEER), undefined, 'a call keeps the shortest time too')
  assert.equal(b.dialled.length, 1)
  b.pass(1)
  assert.equal(await b.paths.attempt(PEER), undefined)
  assert.equal(b.dialled.length, 2, 'and may try before its time')
  await b.announce('10.1.2.4:7443')
  b.paths.look()
  await settled()
  assert.deepEqual(b.dialled.slice(2), ['10.1.2.4 7443'])
})

test('its patience doubles up to five minutes', async () => {
  using b = await bench(ABROAD, fails)
  await b.announce('10.1.2.3:7443')
  b.held.push(throughBranch)
  const waits: number[] = []
  for (let round = 0; round < 11; round += 1) {
    b.paths.look()
    await settled()
    const [last] = b.events.splice(0)
    assert.ok(last?.kind === 'direct_path_failed')
    waits.push(last.retryMs)
    b.pass(last.retryMs - 1)
    b.paths.look()
    await settled()
    assert.deepEqual(b.events, [], 'not yet')
    b.pass(1)
  }
  assert.deepEqual(waits.slice(0, 3), [1_000, 2_000, 4_000])
  assert.deepEqual(waits.slice(-3), [256_000, 300_000, 300_000])
})

test('a session that is lost soon counts as a failure; one that stood, or was ended in order, does not', async () => {
  for (const [stoodMs, code, by, expected] of [
    [29_999, 'session_closed', 'network', 1],
    [29_999, 'invalid_signature', 'peer', 1],
    [30_000, 'session_closed', 'network', 2],
    [1, 'session_closed', 'peer', 2],
    [1, 'session_closed', 'local', 2],
  ] as const) {
    const fake = new FakeSession()
    using b = await bench(ABROAD, (attempt) => Promise.resolve(session(attempt === 1 ? fake : undefined)))
    await b.announce('10.1.2.3:7443')
    b.held.push(throughBranch)
    b.paths.look()
    await settled()
    b.pass(stoodMs)
    fake.ended.resolve({ code, by })
    await settled()
    b.paths.look()
    await settled()
    assert.equal(b.dialled.length, expected)
  }
})

test('what ends while it closes is no failure, and nothing is dialled after', async () => {
  using b = await bench(ABROAD, fails)
  await b.announce('10.1.2.3:7443')
  b.held.push(throughBranch)
  const attempt = b.paths.attempt(PEER)
  b.paths.close()
  assert.equal(await attempt, undefined)
  assert.deepEqual(b.events, [])
  b.paths.look()
  assert.equal(b.paths.attempt(PEER), undefined)
  assert.equal(b.dialled.length, 1)
})
