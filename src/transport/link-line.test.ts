import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { type ControlMessage, encodeControl, isBranchPath } from './branch-control.ts'
import { parseLinkAddress, formatLinkAddress } from './link-address.ts'
import { createLineCutter, decodeControl } from './link-line.ts'
import { encodePreamble, PREAMBLE_BYTES, readPreamble } from './tunnel-preamble.ts'

const TICKET = 'A'.repeat(43)
const PATH = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO']
const GATEWAY = 'AE-DU/SEMI/DEWA/gw-1'
const STAMP = { epoch: 1_700_000_000_000, count: 3 }

const LEG = { from: PATH[0] ?? '', to: PATH[1] ?? '', lines: ['L1'], rttMs: 1.5, riskGroups: ['duct'] }
const WAY = {
  path: PATH,
  costMs: 1.6,
  chosen: true,
  reason: 'the best way',
  legs: [{ ...LEG, usedMbps: 1, capacityMbps: 100, monthlyCostAed: 5_000 }],
}

const EVERY_MESSAGE: readonly ControlMessage[] = [
  { t: 'hello', version: 1, id: GATEWAY },
  { t: 'hello', version: 1, id: 'AE-DU/branch/CORE', tunnel: '10.0.0.1:7402' },
  { t: 'welcome', branch: 'AE-DU/branch/CORE', tunnel: '10.0.0.1:7402' },
  { t: 'open', n: 1, target: GATEWAY },
  { t: 'open', n: 1, target: GATEWAY, avoid: PATH, only: [], path: PATH, apartFrom: PATH, waitMs: 15_000 },
  { t: 'weigh', n: 1, target: GATEWAY },
  { t: 'weigh', n: 1, target: GATEWAY, avoid: PATH, only: [], apartFrom: PATH },
  { t: 'weighed', n: 1, ways: [] },
  { t: 'weighed', n: 1, ways: [WAY, { ...WAY, path: PATH.slice(1), chosen: false, legs: [] }] },
  { t: 'extend', n: 2, from: GATEWAY, target: GATEWAY, path: PATH, hop: 1, waitMs: 5_000 },
  { t: 'opened', n: 2, ticket: TICKET, path: PATH },
  { t: 'refused', n: 2, code: 'no_path', detail: 'why' },
  {
    t: 'refused',
    n: 2,
    code: 'no_path',
    detail: '',
    tried: [{ path: PATH, code: 'x', at: 'y', reason: 'z' }],
  },
  { t: 'incoming', ticket: TICKET, from: GATEWAY, path: PATH },
  { t: 'presence', branch: 'AE-DU/branch/CORE', stamp: STAMP, part: 0, parts: 1, gateways: [GATEWAY] },
  {
    t: 'links',
    branch: 'AE-DU/branch/CORE',
    stamp: STAMP,
    links: [
      { to: 'AE-DU/branch/MORO', rttMs: 1.25 },
      { to: 'AE-DU/branch/DIB', rttMs: 1, usedMbps: 12.5 },
    ],
  },
  { t: 'ping', n: 7 },
  { t: 'pong', n: 7 },
  { t: 'drain' },
  { t: 'close', code: 'replaced' },
]

const OPTIONAL = new Set([
  'hello.tunnel',
  'open.avoid',
  'open.only',
  'open.path',
  'open.apartFrom',
  'weigh.avoid',
  'weigh.only',
  'weigh.apartFrom',
  'open.waitMs',
  'refused.tried',
])

function decode(value: unknown): ReturnType<typeof decodeControl> {
  return decodeControl(Buffer.from(JSON.stringify(value)))
}

await test('every message comes back as it was sent', () => {
  for (const message of EVERY_MESSAGE) {
    const line = Buffer.from(encodeControl(message).trimEnd())
    assert.deepEqual(decodeControl(line), { kind: 'message', message })
  }
})

await test('a message that lacks a member, or has one of another type, is invalid', () => {
  for (const message of EVERY_MESSAGE) {
    for (const name of Object.keys(message).filter((key) => key !== 't')) {
      const isOptional = OPTIONAL.has(`${message.t}.${name}`)
      const without = Object.fromEntries(Object.entries(message).filter(([key]) => key !== name))
      assert.equal(decode(without).kind, isOptional ? 'message' : 'invalid', `${message.t} without ${name}`)
      for (const wrong of [null, true, { a: 1 }, [[]], -1]) {
        assert.equal(decode({ ...message, [name]: wrong }).kind, 'invalid', `${message.t}.${name}`)
      }
    }
  }
})

await test('the figures of a link are numbers within their ranges, and the use of its line may be unknown', () => {
  const links = (...list: unknown[]): string =>
    decode({ t: 'links', branch: 'AE-DU/branch/CORE', stamp: STAMP, links: list }).kind
  const to = 'AE-DU/branch/MORO'
  assert.equal(links({ to, rttMs: 0, usedMbps: 0 }), 'message')
  assert.equal(links({ to, rttMs: 3_600_000, usedMbps: 1_000_000_000 }), 'message')
  for (const bad of [-1, '1', null, 1_000_000_001]) {
    assert.equal(links({ to, rttMs: 1, usedMbps: bad }), 'invalid')
  }
  for (const bad of [-1, '1', null, 3_600_001]) assert.equal(links({ to, rttMs: bad }), 'invalid')
})

await test('a way that is told lacks nothing and has no figure out of its range', () => {
  const weighed = (way: unknown): string => decode({ t: 'weighed', n: 1, ways: [way] }).kind
  assert.equal(weighed({ ...WAY, legs: [LEG] }), 'message')
  for (const bad of [{ costMs: -1 }, { chosen: 'yes' }, { reason: 1 }, { path: [] }, { legs: {} }]) {
    assert.equal(weighed({ ...WAY, ...bad }), 'invalid', JSON.stringify(bad))
  }
  for (const bad of [{ from: 1 }, { lines: [1] }, { rttMs: '1' }, { riskGroups: 'duct' }, { usedMbps: -1 }]) {
    assert.equal(weighed({ ...WAY, legs: [{ ...LEG, ...bad }] }), 'invalid', JSON.stringify(bad))
  }
  assert.equal(decode({ t: 'weighed', n: 1, ways: Array.from({ length: 17 }, () => WAY) }).kind, 'invalid')
  assert.equal(weighed({ ...WAY, legs: Array.from({ length: 8 }, () => LEG) }), 'invalid')
})

await test('unknown types and unknown members are passed over, for later versions', () => {
  assert.deepEqual(decode({ t: 'weather', sun: true }), { kind: 'unknown' })
  assert.deepEqual(decode({ t: 'toString' }), { kind: 'unknown' })
  assert.deepEqual(decode({ t: 'ping', n: 1, later: 'x' }), { kind: 'message', message: { t: 'ping', n: 1 } })
})

await test('lines that are no message never throw', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '1',
    '{"t":1}',
    '{"t":"ping","t":"pong","n":1}',
    '{"t":"ping","n":1.5}',
  ]) {
    assert.equal(decodeControl(Buffer.from(text)).kind, 'invalid', text)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.notEqual(decodeControl(bytes).kind, 'message')
    }),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.ok(['message', 'unknown', 'invalid'].includes(decode(value).kind))
    }),
    { numRuns: 300 },
  )
})

await test('paths have one to eight different branches', () => {
  const branch = (n: number): string => `AE-DU/branch/B${n}`
  const of = (count: number): string[] => Array.from({ length: count }, (_, n) => branch(n))
  assert.equal(isBranchPath(of(8)), true)
  assert.equal(isBranchPath(of(9)), false)
  assert.equal(isBranchPath([]), false)
  assert.equal(isBranchPath([branch(1), branch(2), branch(1)]), false)
  assert.equal(isBranchPath([GATEWAY]), false)
})

await test('lines are cut the same however the bytes arrive', () => {
  const lines = fc.array(
    fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\n', ' ')),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }), (texts, sizes) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''))
      const cutter = createLineCutter(1_024)
      const found: string[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        // Overwritten afterwards, as a reader that reuses its memory would.
        const chunk = Buffer.from(bytes.subarray(at, at + size))
        found.push(...(cutter.push(chunk) ?? assert.fail()).map((line) => line.toString()))
        chunk.fill(0)
        at += size
      }
      assert.deepEqual(found, texts)
    }),
  )
})

await test('a line that is too long ends it, whole or in pieces, and the longest allowed does not', () => {
  assert.equal(createLineCutter(10).push(Buffer.from('123456789\n'))?.length, 1)
  assert.equal(createLineCutter(10).push(Buffer.from('1234567890\n')), undefined)
  const cutter = createLineCutter(10)
  assert.deepEqual(cutter.push(Buffer.from('12345')), [])
  assert.equal(cutter.push(Buffer.from('67890')), undefined)
  assert.equal(cutter.push(Buffer.from('\n1\n')), undefined)
})

await test('a preamble has one form', () => {
  const bytes = Buffer.from(encodePreamble(TICKET))
  assert.equal(bytes.length, PREAMBLE_BYTES)
  assert.equal(readPreamble(bytes), TICKET)
  for (const wrong of [
    `WUSLA/2 ${TICKET}\n`,
    `WUSLA/1 ${TICKET} `,
    `WUSLA/1 ${'+'.repeat(43)}\n`,
    `wusla/1 ${TICKET}\n`,
  ]) {
    assert.equal(readPreamble(Buffer.from(wrong)), undefined)
  }
  assert.equal(readPreamble(bytes.subarray(1)), undefined)
})

await test('addresses', () => {
  for (const text of ['127.0.0.1:7401', '[::1]:0', 'branch-1.example.ae:65535', 'localhost:1']) {
    const address = parseLinkAddress(text)
    assert.ok(address !== undefined, text)
    assert.equal(formatLinkAddress(address), text)
  }
  for (const text of [
    '',
    'host',
    ':1',
    'host:',
    'host:65536',
    '::1:5',
    '[127.0.0.1]:5',
    'a b:1',
    'http://x:1',
    '-x:1',
    'x-:1',
  ]) {
    assert.equal(parseLinkAddress(text), undefined, text)
  }
})
