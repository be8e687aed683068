import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { CallHeaders } from './call-headers.ts'

const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
const RAW = ['HOST', 'g', 'content-LENGTH', '12', 'Expect', '100-continue', 'X-Road-Client', CLIENT, 'X', 'y']

test('what the engine needs is found in any spelling', () => {
  const headers = new CallHeaders(RAW, 1)
  assert.deepEqual([headers.host, headers.length, headers.isExpecting], ['g', 12, true])
  const none = new CallHeaders([], 0)
  assert.deepEqual([none.host, none.length, none.isExpecting], ['', undefined, false])
  assert.equal(new CallHeaders(['Expect', '100-continue'], 0).isExpecting, false)
})

test('each door reads them its own way, and once', () => {
  const headers = new CallHeaders(RAW, 1)
  assert.equal(headers.read('r1').client, CLIENT)
  assert.equal(headers.read('mapped').client, undefined)
  assert.equal(headers.read('r1'), headers.read('r1'))
  assert.equal(headers.lines('r1'), `X-Road-Client:${CLIENT}\r\nX:y\r\n`)
  assert.equal(headers.lines('mapped'), 'X:y\r\n')
})

test('what is refused is refused every time, and by its version of HTTP', () => {
  const refused = (error: unknown): boolean => isWuslaError(error) && error.code === 'invalid_request'
  const headers = new CallHeaders(['X', 'y'], 1)
  assert.throws(() => headers.read('r1'), refused)
  assert.throws(() => headers.read('r1'), refused)
  assert.deepEqual(new CallHeaders(['X', 'y'], 0).read('r1').kept, ['X', 'y'])
})
