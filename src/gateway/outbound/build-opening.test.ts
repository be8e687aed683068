import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headDisagreement } from '../../protocol/head-agreement.ts'
import { headDigest, parseHeaderBlock, requestHead } from '../../protocol/head.ts'
import { MAX_HEADER_BLOCK_BYTES, MAX_HEADER_LINES } from '../../protocol/limits.ts'
import { decodeRequestStatement, encodeRequestStatement } from '../../protocol/statement.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { CLIENT, makeCall, SERVICE } from '../testing/gateway-world.ts'
import { type BuiltOpening, buildOpening } from './build-opening.ts'

const EXCHANGE = '019aaf35-3c55-7c3a-9d6a-111111111111'
const AT = '2026-11-23T08:00:00.000Z'

function build(changes: Parameters<typeof makeCall>[0] = {}): BuiltOpening {
  return buildOpening('AE-DU', EXCHANGE, makeCall(changes), 'agreement-hash', AT)
}

test('the opening says who calls what, when, and under which agreement', () => {
  const { opening, messageId } = build()
  assert.deepEqual(opening, {
    agreement: 'agreement-hash',
    client: CLIENT,
    exchange: EXCHANGE,
    head: opening.head,
    messageId: `AE-DU-${EXCHANGE}`,
    method: 'GET',
    path: '/bills/7',
    service: SERVICE,
    time: '2026-11-23T08:00:00.000Z',
  })
  assert.equal(messageId, opening.messageId)
})

test('the caller headers keep their order, the names made here come last', () => {
  const { headerBlock } = build()
  assert.equal(
    headerBlock,
    `X-Road-Client:${CLIENT}\r\nAccept:application/json\r\n` +
      `x-road-request-id:${EXCHANGE}\r\nx-road-id:AE-DU-${EXCHANGE}\r\n`,
  )
})

test('a message id of the caller is kept and not written a second time', () => {
  const rawHeaders = ['X-Road-Id', 'mine', 'X-Road-Client', CLIENT]
  const { opening, headerBlock, messageId } = build({ messageId: 'mine', rawHeaders })
  assert.equal(opening.messageId, 'mine')
  assert.equal(messageId, 'mine')
  assert.equal(headerBlock, `X-Road-Id:mine\r\nX-Road-Client:${CLIENT}\r\nx-road-request-id:${EXCHANGE}\r\n`)
})

test('a mapped port names the client in the header block itself', () => {
  const { headerBlock } = build({ origin: 'mapped', rawHeaders: ['Accept', '*/*'] })
  assert.ok(headerBlock.includes(`x-road-client:${CLIENT}\r\n`))
})

test('lines that were made before are taken as they are', () => {
  const rawHeaders = ['X-Road-Client', CLIENT]
  const headerLines = `X-Road-Client:${CLIENT}\r\n`
  assert.deepEqual(build({ rawHeaders, headerLines }), build({ rawHeaders }))
})

test('too many or too long headers are refused, those that are made here counted', () => {
  const refused = (error: unknown): boolean => isWuslaError(error) && error.code === 'invalid_request'
  const many = (count: number): string[] => Array.from({ length: count }, () => ['A', 'b']).flat()
  const linesOf = (headers: readonly string[]): string =>
    headers.map((text, i) => (i % 2 === 0 ? `${text}:` : `${text}\r\n`)).join('')
  for (const [origin, own] of [
    ['r1', 2],
    ['mapped', 3],
  ] as const) {
    const most = many(MAX_HEADER_LINES - own)
    build({ origin, rawHeaders: most, headerLines: linesOf(most) })
    const more = many(MAX_HEADER_LINES - own + 1)
    assert.throws(() => build({ origin, rawHeaders: more, headerLines: linesOf(more) }), refused)
    assert.throws(() => build({ origin, rawHeaders: more }), refused)
  }
  const long = ['A', 'b'.repeat(MAX_HEADER_BLOCK_BYTES - 60)]
  assert.throws(() => build({ rawHeaders: long, headerLines: linesOf(long) }), refused)
  assert.throws(() => build({ rawHeaders: ['A', 'b\n'] }), refused)
})

test('what the caller may add is said when given, and an empty query is not the same as none', () => {
  assert.equal(Object.hasOwn(build().opening, 'query'), false)
  const { opening } = build({ query: '', user: 'u', issue: 'i', representedParty: 'GOV/X' })
  assert.equal(opening.query, '')
  assert.equal(opening.user, 'u')
  assert.equal(opening.issue, 'i')
  assert.equal(opening.representedParty, 'GOV/X')
})

test('the digest is over method, service, path, query and every line of the header block', () => {
  const { opening, headerBlock } = build({ method: 'POST', query: 'a=%2F' })
  assert.equal(opening.head, headDigest(requestHead('POST', SERVICE, '/bills/7', 'a=%2F', headerBlock)))
  assert.notEqual(opening.head, build({ method: 'POST', query: 'a=/' }).opening.head)
})

test('the provider finds nothing in the headers that the statement contradicts', () => {
  for (const origin of ['r1', 'mapped'] as const) {
    const rawHeaders = origin === 'r1' ? ['X-Road-Client', CLIENT] : []
    const { opening, headerBlock } = build({ origin, rawHeaders, query: 'a=1' })
    assert.equal(headDisagreement(opening, parseHeaderBlock(headerBlock)), undefined)
    const text = encodeRequestStatement({ ...opening, agreement: 'open', bodyBytes: 0 })
    assert.equal(decodeRequestStatement(text).client, CLIENT)
  }
})

test('the purpose is signed, and stands in no header', () => {
  const { opening, headerBlock } = build({ purpose: 'licensing' })
  assert.equal(opening.purpose, 'licensing')
  assert.doesNotMatch(headerBlock, /purpose/i)
  assert.equal('purpose' in build().opening, false)
})
