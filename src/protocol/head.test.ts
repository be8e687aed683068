import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { digest512 } from './digest.ts'
import {
  answerHead,
  DROPPED_ANSWER_HEADERS,
  DROPPED_REQUEST_HEADERS,
  formatHeaderBlock,
  headDigest,
  HOP_HEADERS,
  parseHeaderBlock,
  requestHead,
  xroadRequestHash,
} from './head.ts'

const headers = [
  'Content-Type',
  'application/json',
  'X-Road-Client',
  'WUSLA/GOV/2002/portal',
  'X-Road-Id',
  'demo-1',
]
const requestId: [string, string] = ['x-road-request-id', '11111111-2222-4333-8444-555555555555']

test('the worked example of the X-Road rule gives its two hashes', () => {
  const block = formatHeaderBlock(headers, DROPPED_REQUEST_HEADERS, [requestId])
  const head = requestHead('POST', 'WUSLA/GOV/1001/registry/echo', '/v1/items', 'x=1', block)
  assert.equal(Buffer.byteLength(head, 'latin1'), 195)
  assert.equal(
    xroadRequestHash(headDigest(head)),
    'c0dRATuS9NjmkxQbFcEsm/iKA4Vfytwu6C18Z50qCCy+Q2FtuJz9J1x0VPTYKJ/91sg7x6C7Gka6rE7sYFm7XQ==',
  )
  assert.equal(
    xroadRequestHash(headDigest(head), digest512('{"a":1}')),
    'SZUSeC3PpLYe5qjFFP+wg9jzerm3oSM9MWxNs8qrXDckYvjJ9Z38ncxrAihNQ1AV7o0mxL4bu3p6c5Gb/4I4ew==',
  )
})

test('a head holds its lines and nothing else', () => {
  assert.equal(requestHead('GET', 'A/B/C/D/e', '', undefined, ''), 'GET\r\n/r1/A/B/C/D/e\r\n')
  assert.equal(requestHead('GET', 'A/B/C/D/e', '/', '', 'a:b\r\n'), 'GET\r\n/r1/A/B/C/D/e/?\r\na:b\r\n')
  assert.equal(answerHead(404, 'a:b\r\n'), '404\r\n\r\na:b\r\n')
})

test('header values are bytes: what the application sent is what is hashed', () => {
  const arabic = Buffer.from('X-Name:دبي\r\n', 'utf8')
  assert.equal(headDigest(arabic.toString('latin1')), hash('sha512', arabic, 'base64url'))
})

test('hop headers and forged gateway headers stay behind, in any case of their letters', () => {
  const sent = [
    'HOST',
    'a',
    'Connection',
    'close',
    'X-Road-Request-Id',
    'forged',
    'X-ROAD-REQUEST-HASH',
    'forged',
  ]
  assert.equal(
    formatHeaderBlock([...sent, 'Accept', '*/*'], DROPPED_REQUEST_HEADERS, [requestId]),
    `Accept:*/*\r\n${requestId.join(':')}\r\n`,
  )
  const answered = [
    'X-Road-Error',
    'forged',
    'x-road-service',
    'forged',
    'Date',
    'now',
    'Server',
    'x',
    'Set-Cookie',
    'a=b',
    'Set-Cookie',
    'c=d',
  ]
  assert.equal(
    formatHeaderBlock(answered, DROPPED_ANSWER_HEADERS, []),
    'Date:now\r\nSet-Cookie:a=b\r\nSet-Cookie:c=d\r\n',
  )
  assert.equal(HOP_HEADERS.size, 13)
})

test('names and values that would break out of their line are not forwarded', () => {
  const bad: [string, string][] = [
    ['a', 'b\r\nc:d'],
    ['a', 'b\n'],
    ['a', 'b\0'],
    ['a\r\n', 'b'],
    ['', 'b'],
    ['a b', 'c'],
    ['a', '\u0100'],
    ['a:', 'b'],
  ]
  for (const [name, value] of bad) {
    assert.throws(() => formatHeaderBlock([name, value], HOP_HEADERS, []), { code: 'invalid_request' })
    assert.throws(() => formatHeaderBlock([], HOP_HEADERS, [[name, value]]), { code: 'invalid_request' })
  }
})

test('a block has bounds in bytes and lines', () => {
  const line = ['a', 'b']
  const lines = (count: number): string[] => Array.from({ length: count }, () => line).flat()
  assert.equal(parseHeaderBlock(formatHeaderBlock(lines(256), HOP_HEADERS, [])).length, 512)
  assert.throws(() => formatHeaderBlock(lines(257), HOP_HEADERS, []), { code: 'invalid_request' })
  assert.throws(() => parseHeaderBlock('a:b\r\n'.repeat(257)), { code: 'invalid_frame' })
  assert.throws(() => formatHeaderBlock(['a', 'b'.repeat(65_536)], HOP_HEADERS, []), {
    code: 'invalid_request',
  })
  assert.throws(() => parseHeaderBlock(`a:${'b'.repeat(65_536)}\r\n`), { code: 'invalid_frame' })
})

test('a block is read back as it was written', () => {
  const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
  const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 10 }), (pairs) => {
      assert.deepEqual(parseHeaderBlock(formatHeaderBlock(pairs.flat(), new Set(), [])), pairs.flat())
    }),
    { numRuns: 300 },
  )
})

test('a block that is anything but lines is refused', () => {
  const bad = [
    'a',
    'a:b',
    'a:b\n',
    'a:b\r',
    ':b\r\n',
    'a b:c\r\n',
    'ab\r\n',
    '\r\n',
    'a:b\r\n\r\n',
    'a:b\nc:d\r\n',
    'a:b\rc\r\n',
    'a:\0\r\n',
    'a:\u0142\r\n',
    ' a:b\r\n',
  ]
  for (const block of bad)
    assert.throws(() => parseHeaderBlock(block), { code: 'invalid_frame' }, JSON.stringify(block))
  assert.deepEqual(parseHeaderBlock(''), [])
  assert.deepEqual(parseHeaderBlock('a:b:c\r\nd:\r\n'), ['a', 'b:c', 'd', ''])
})
