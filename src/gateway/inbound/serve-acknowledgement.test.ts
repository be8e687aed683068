import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgementPath } from '../../protocol/acknowledgement.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { FakeIncoming } from '../testing/fake-session.ts'
import { CLIENT, makeStatement, SERVICE } from '../testing/gateway-world.ts'
import { backendAnswer, type InboundBench, openInbound } from '../testing/inbound-bench.ts'
import { serveRequest } from './serve-request.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const EXCHANGE = '019aafa1-3f23-7c10-9d4e-0f6f5c1f0a01'
const ANSWER = digest256('the answer')
const PATH = acknowledgementPath({ exchange: EXCHANGE, answer: ANSWER })
const RTA = 'AE-DU/GOV/RTA/gw-1'

type Words = Parameters<typeof makeStatement>[2]

/** An acknowledgement of RTA's gateway. */
function acknowledgement(bench: InboundBench, words: Words = {}, peer = RTA): FakeIncoming {
  const made = makeStatement(bench.world.agreement, '', { method: 'PUT', path: PATH, ...words })
  return new FakeIncoming(made, peer)
}

/** DEWA, whose evidence says that it answered RTA. */
async function openAnswered(
  changes: { readonly error?: string; readonly from?: string } = {},
): Promise<InboundBench> {
  const bench = await openInbound({ acknowledgementRequired: true })
  const names = { client: CLIENT, service: SERVICE, agreement: bench.world.agreement }
  bench.answered.set(EXCHANGE, { ...names, from: RTA, answer: ANSWER, ...changes })
  return bench
}

async function codeFor(bench: InboundBench, incoming: FakeIncoming): Promise<string | undefined> {
  await serveRequest(bench.deps, incoming.asIncoming, [])
  assert.equal(bench.calls.length, 0, 'no backend hears of it')
  assert.equal(incoming.answers.length, 1)
  return incoming.answers[0]?.error
}

test('the acknowledgement of an answer that was recorded is taken with 204', BOUNDED, async () => {
  await using bench = await openAnswered()
  const incoming = acknowledgement(bench)
  assert.equal(await codeFor(bench, incoming), undefined)
  assert.deepEqual(incoming.answers[0], { status: 204, error: undefined, headerBlock: '', body: '' })
  assert.deepEqual(bench.world.events, [{ kind: 'acknowledgement_taken', exchange: EXCHANGE, peer: RTA }])
})

test('one that comes again is taken again: the same copy and another', BOUNDED, async () => {
  await using bench = await openAnswered()
  const first = acknowledgement(bench)
  assert.equal(await codeFor(bench, first), undefined)
  // The copy is answered from what is kept: the evidence is asked once.
  const told = bench.answered.get(EXCHANGE)
  bench.answered.clear()
  const copy = new FakeIncoming(first, RTA)
  copy.isResent = true
  assert.equal(await codeFor(bench, copy), undefined)
  assert.ok(told !== undefined)
  bench.answered.set(EXCHANGE, told)
  assert.equal(await codeFor(bench, acknowledgement(bench)), undefined)
})

test(
  'it counts after the agreement has ended as well: what is acknowledged was exchanged under it',
  BOUNDED,
  async () => {
    await using bench = await openAnswered()
    const { script, dewa, agreement, add } = bench.world
    const fields = { agreement, party: dewa.member, reason: 'over' }
    add(await script.entry('agreement_revoked', fields, [dewa.member, dewa.seal]))
    assert.equal(await codeFor(bench, acknowledgement(bench)), undefined)
  },
)

const FORGED: readonly (readonly [string, Words, string, string])[] = [
  [
    'a digest of another answer',
    { path: acknowledgementPath({ exchange: EXCHANGE, answer: digest256('another') }) },
    RTA,
    'conflict',
  ],
  [
    'an exchange that is not known here',
    { path: acknowledgementPath({ exchange: EXCHANGE.replace('01', '02'), answer: ANSWER }) },
    RTA,
    'exchange_not_found',
  ],
  [
    'a third member about the exchange of another',
    { client: 'AE-DU/GOV/DHA/CLINIC' },
    'AE-DU/GOV/DHA/gw-1',
    'exchange_not_found',
  ],
  ['a third member in the name of the consumer', {}, 'AE-DU/GOV/DHA/gw-1', 'invalid_signature'],
  ['another system of the consumer', { client: 'AE-DU/GOV/RTA/FINES' }, RTA, 'conflict'],
  ['another service', { service: 'AE-DU/SEMI/DEWA/BILLING/meters' }, RTA, 'conflict'],
  ['another method', { method: 'POST' }, RTA, 'invalid_path'],
  ['another path of gateways', { path: '/.wusla/else' }, RTA, 'invalid_path'],
  ['a spelling of it', { path: PATH.replace('.', '%2e') }, RTA, 'invalid_path'],
]

for (const [name, words, peer, code] of FORGED) {
  test(`refused: ${name}`, BOUNDED, async () => {
    await using bench = await openAnswered()
    assert.equal(await codeFor(bench, acknowledgement(bench, words, peer)), code)
  })
}

test('refused: under another agreement than the exchange', BOUNDED, async () => {
  await using bench = await openAnswered()
  const made = makeStatement(digest256('another'), '', { method: 'PUT', path: PATH })
  assert.equal(await codeFor(bench, new FakeIncoming(made, RTA)), 'conflict')
})

test('refused: about a refusal of the gateway itself', BOUNDED, async () => {
  await using bench = await openAnswered({ error: 'backend_unreachable' })
  assert.equal(await codeFor(bench, acknowledgement(bench)), 'conflict')
})

test('refused: of a gateway that did not announce that it sends any', BOUNDED, async () => {
  await using bench = await openAnswered()
  const incoming = acknowledgement(bench)
  incoming.peerFeatures = []
  assert.equal(await codeFor(bench, incoming), 'invalid_path')
})

test('refused: with a body', BOUNDED, async () => {
  await using bench = await openAnswered()
  const made = makeStatement(bench.world.agreement, '', { method: 'PUT', path: PATH })
  assert.equal(await codeFor(bench, new FakeIncoming(made, RTA, Buffer.from('x'))), 'invalid_path')
})

test('it is durable that an acknowledgement is awaited before the answer leaves', BOUNDED, async () => {
  await using bench = await openAnswered()
  const noted = Promise.withResolvers<void>()
  const kinds: string[] = []
  const remember = async ({ kind, details }: { kind: string; details?: object }): Promise<void> => {
    kinds.push(`${kind} ${JSON.stringify(details)}`)
    await noted.promise
  }
  const deps = { ...bench.deps, evidence: { ...bench.deps.evidence, remember } }
  const incoming = new FakeIncoming(makeStatement(bench.world.agreement), RTA)
  const served = serveRequest(deps, incoming.asIncoming, [])
  bench.calls[0]?.answered.resolve(backendAnswer('paid'))
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(kinds, ['acknowledgement_awaited {"role":"provider"}'])
  assert.deepEqual(incoming.answers, [])
  noted.reject(new WuslaError('logging_failed'))
  await served
  assert.deepEqual([incoming.answers, incoming.resets], [[], ['logging_failed']])
})

test('nothing is noted for an agreement without the term', BOUNDED, async () => {
  await using bench = await openInbound()
  const incoming = new FakeIncoming(makeStatement(bench.world.agreement), RTA)
  const served = serveRequest(bench.deps, incoming.asIncoming, [])
  bench.calls[0]?.answered.resolve(backendAnswer('paid'))
  await served
  assert.equal(incoming.answers[0]?.status, 200)
  assert.deepEqual(bench.notes, [])
})
