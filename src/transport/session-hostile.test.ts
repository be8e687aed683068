import assert from 'node:assert/strict'
import test from 'node:test'
import type { Seal } from '../protocol/batch.ts'
import { encodeSeals } from '../protocol/batch.ts'
import { digest256, digest512 } from '../protocol/digest.ts'
import { newExchangeId } from '../protocol/exchange-id.ts'
import { encodeRequestStatement } from '../protocol/statement.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { FRAME } from './frame-layout.ts'
import { heldBy, makeOpening, until } from './session-fixture.ts'
import { openRawPeer, rawRequest } from './session-raw-peer.ts'
import type { BatchChange, RawPeer } from './session-raw-peer.ts'
import type { SessionOptions } from './session-options.ts'

/**
 * A hostile consumer: it holds a valid key and is let in, and then breaks a rule. Each time the session must end, the
 * peer must be told the one code, the own event must name the step, and nothing may have been delivered or recorded.
 */
async function refuses(
  act: (peer: RawPeer) => void,
  code: string,
  step: string,
  changes: Partial<SessionOptions> = {},
  mayDeliver = 0,
): Promise<void> {
  let delivered = 0
  const peer = await openRawPeer('initiator', {
    ...changes,
    onRequest: () => {
      delivered += 1
    },
  })
  act(peer)
  peer.flush()
  const closed = await peer.session.closed
  assert.deepEqual(closed, { code, by: 'local', step })
  assert.equal(delivered, mayDeliver)
  assert.equal(peer.side.batches.length, mayDeliver, 'nothing is recorded')
  assert.equal(heldBy(peer.session), 0)
  const last = peer.received.at(-1)
  assert.equal(last?.type, FRAME.goaway)
  assert.equal(String(last.payload), `{"code":"${code}"}`)
  const refused = peer.side.events.find((event) => event.kind === 'batch_refused')
  if (code === 'invalid_signature' && !step.startsWith('request_')) assert.equal(refused?.step, step)
}

await test('the hand-made peer is right when it breaks no rule', async () => {
  const served: string[] = []
  const peer = await openRawPeer('initiator', {
    onRequest: (incoming) => served.push(incoming.statementText),
  })
  const statements = [rawRequest(peer, 1), rawRequest(peer, 3)]
  peer.batch('requests', statements)
  const next = [rawRequest(peer, 5)]
  peer.batch('requests', next)
  peer.flush()
  await until(() => served.length === 3, 'all three are delivered')
  assert.deepEqual(served, [...statements, ...next])
  assert.equal(peer.session.open, true)
})

const stranger = generateSealKey()
const OTHER_SESSION = digest256('another session')

const BATCHES: readonly [string, string, BatchChange][] = [
  ['of another session, replayed', 'session', { header: { session: OTHER_SESSION } }],
  ['with a sequence already used', 'sequence', { header: { sequence: 0 } }],
  ['with a sequence left out', 'sequence', { header: { sequence: 2 } }],
  [
    'of another network',
    'network',
    { header: { network: 'AE-AZ', from: 'AE-AZ/GOV/A/gw-1', to: 'AE-AZ/GOV/B/gw-1' } },
  ],
  ['from another gateway', 'from', { header: { from: 'AE-DU/GOV/DHA/gw-1' } }],
  ['for another gateway', 'to', { header: { to: 'AE-DU/GOV/DHA/gw-1' } }],
  ['over more statements than came', 'size', { header: { size: 2 } }],
  ['over other statements', 'root', { header: { root: digest256('another root') } }],
  ['of the other kind', 'size', { header: { kind: 'answers', sequence: 0 } }],
  ['with a header that is not canonical', 'header_form', { headerText: (text) => ` ${text}` }],
  ['with a header that is no JSON', 'header_form', { headerText: () => 'x' }],
  ['without seals', 'seals_form', { sealsText: '[]' }],
  ['with seals that are no JSON', 'seals_form', { sealsText: '{' }],
  [
    'with the seal twice in another spelling',
    'seals_form',
    { seals: (seal) => [{ ...seal, value: `${seal.value}=` }] },
  ],
  ['sealed by a stranger', 'unknown_key', { seals: (_seal, header) => [signBy(stranger, header)] }],
  ['with an altered seal', 'bad_seal', { seals: (seal) => [{ ...seal, value: flip(seal.value) }] }],
  [
    'with unknown algorithms only',
    'no_known_algorithm',
    { seals: (seal) => [{ ...seal, alg: 'ML-DSA-65' }] },
  ],
  [
    'with a good and a bad seal',
    'bad_seal',
    { seals: (seal) => [seal, { ...seal, value: flip(seal.value) }] },
  ],
  [
    'sealed by our own key, thrown back',
    'unknown_key',
    { seals: (seal) => [{ ...seal, key: digest256('some other key') }] },
  ],
]

function signBy(key: typeof stranger, header: string): Seal {
  return key.sign(Buffer.from(`wusla/batch/v1\n${header}`))
}

function flip(value: string): string {
  return `${value[0] === 'A' ? 'B' : 'A'}${value.slice(1)}`
}

for (const [name, step, change] of BATCHES) {
  await test(`a batch is refused: ${name}`, async () => {
    await refuses(
      (peer) => {
        peer.batch('requests', [rawRequest(peer, 1)])
        peer.batch('requests', [rawRequest(peer, 3)], change)
      },
      'invalid_signature',
      step,
      {},
      1,
    )
  })
}

await test('a batch sealed with the key of the other member is refused', async () => {
  const peer = await openRawPeer('initiator')
  const { keys } = peer
  const statements = [rawRequest(peer, 1)]
  peer.batch('requests', statements, {
    seals: (_seal, header) => {
      const seal = keys.provider.sign(Buffer.from(`wusla/batch/v1\n${header}`))
      if (!('value' in seal)) throw new TypeError('signs at once')
      return [seal]
    },
  })
  peer.flush()
  assert.equal((await peer.session.closed).step, 'unknown_key')
})

await test('a second seal of an unknown algorithm is passed over', async () => {
  const delivered: unknown[] = []
  const peer = await openRawPeer('initiator', { onRequest: (incoming) => delivered.push(incoming) })
  peer.batch('requests', [rawRequest(peer, 1)], {
    seals: (seal) => [seal, { alg: 'ML-DSA-65', key: seal.key, value: 'AAAA' }],
  })
  peer.flush()
  await until(() => delivered.length === 1, 'the request')
  assert.match(encodeSeals(peer.side.batches[0]?.batch.seals ?? []), /ML-DSA-65/)
})

await test('one bad statement stops the whole batch', async () => {
  await refuses(
    (peer) => {
      const good = rawRequest(peer, 1)
      const opening = makeOpening()
      const bad = encodeRequestStatement({ ...opening, body: digest512('other'), bodyBytes: 8 })
      peer.writer.message({
        type: FRAME.request,
        streamId: 3,
        statement: bad,
        headerBlock: '',
        body: Buffer.from('question'),
      })
      peer.batch('requests', [good, bad])
    },
    'invalid_signature',
    'body_digest',
  )
})

const STATEMENTS: readonly [string, string, (peer: RawPeer) => string[]][] = [
  ['no JSON', 'request_form', (peer) => [sealed(peer, 1, 'x')]],
  [
    'not canonical',
    'request_form',
    (peer) => [sealed(peer, 1, `${encodeRequestStatement({ ...makeOpening(), bodyBytes: 0 })} `)],
  ],
  [
    'a body of another length',
    'body_length',
    (peer) => [sealed(peer, 1, encodeRequestStatement({ ...makeOpening(), bodyBytes: 0 }), 'body')],
  ],
  [
    'a head of other headers',
    'request_head',
    (peer) => [sealed(peer, 1, encodeRequestStatement({ ...makeOpening('A:b\r\n'), bodyBytes: 0 }))],
  ],
  [
    'an exchange that is under way, in one batch',
    'exchange_open',
    (peer) => {
      const opening = makeOpening()
      return [rawRequest(peer, 1, Buffer.from('a'), opening), rawRequest(peer, 3, Buffer.from('b'), opening)]
    },
  ],
  [
    'an exchange that is no UUID of version 7',
    'request_form',
    (peer) => [
      rawRequest(
        peer,
        1,
        Buffer.from(''),
        makeOpening('', { exchange: newExchangeId().replace(/-7(?=[0-9a-f]{3}-[89ab])/, '-4') }),
      ),
    ],
  ],
]

function sealed(peer: RawPeer, streamId: number, statement: string, body = ''): string {
  peer.writer.message({ type: FRAME.request, streamId, statement, headerBlock: '', body: Buffer.from(body) })
  return statement
}

for (const [name, step, write] of STATEMENTS) {
  await test(`a sealed statement is refused: ${name}`, async () => {
    await refuses((peer) => peer.batch('requests', write(peer)), 'invalid_signature', step)
  })
}
