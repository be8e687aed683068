import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerPairs, AnswerSorter } from './answer-pairs.ts'

const DATE = 'Mon, 23 Nov 2026 07:36:33 GMT'

function head(changes: Record<string, string> = {}): string[] {
  const headers = {
    Server: 'x',
    Date: DATE,
    'Content-Length': '7',
    'Content-Type': 'text/plain',
    Connection: 'keep-alive, X-Hop',
    'X-Hop': 'here',
    'Keep-Alive': 'timeout=9',
    'Set-Cookie': 'a=b',
    'x-road-service': 'forged',
  }
  return Object.entries({ ...headers, ...changes }).flat()
}

test('what travels, and what is said of the answer itself', () => {
  const pairs = new AnswerSorter().sort(head())
  assert.deepEqual(pairs.rawHeaders, ['Date', DATE, 'Content-Type', 'text/plain', 'Set-Cookie', 'a=b'])
  assert.deepEqual([pairs.length, pairs.keepAliveSeconds], [7, 9])
  assert.equal(pairs.headerBlock, `Date:${DATE}\r\nContent-Type:text/plain\r\nSet-Cookie:a=b\r\n`)
})

test('a head that says the same is not sorted again, one that differs anywhere is', () => {
  const sorter = new AnswerSorter()
  const first = sorter.sort(head())
  assert.equal(sorter.sort(head()), first)
  for (const change of [
    { 'Set-Cookie': 'a=c' },
    { 'Content-Length': '8' },
    { 'X-Road-Service': 'forged' },
    { More: '' },
  ]) {
    assert.deepEqual(sorter.sort(head(change)), new AnswerSorter().sort(head(change)))
    assert.notEqual(sorter.sort(head()), first)
  }
  assert.deepEqual(sorter.sort([]).rawHeaders, [])
  assert.deepEqual(sorter.sort(head().slice(0, 4)), new AnswerSorter().sort(head().slice(0, 4)))
})

test('a coding that nobody would undo is refused each time it comes', () => {
  const sorter = new AnswerSorter()
  for (let i = 0; i < 2; i += 1)
    assert.throws(() => sorter.sort(head({ 'Transfer-Encoding': 'gzip' })), { reason: 'unsupported_coding' })
  assert.equal(sorter.sort(head()).length, 7)
})

test('one header more is no part of the headers that others share', () => {
  const pairs = new AnswerPairs(['a', 'b'], 3, 4)
  const more = pairs.with('c', 'd')
  assert.equal(pairs.headerBlock, 'a:b\r\n')
  assert.equal(more.headerBlock, 'a:b\r\nc:d\r\n')
  assert.deepEqual([more.length, more.keepAliveSeconds], [3, 4])
})

test('headers that cannot be forwarded are refused each time they are read', () => {
  const pairs = new AnswerPairs(['a', 'b\nc'])
  for (let i = 0; i < 2; i += 1) assert.throws(() => pairs.headerBlock, { code: 'invalid_request' })
})
