import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { makeCall } from '../testing/gateway-world.ts'
import { AnswerHeaders } from './answer-lines.ts'
import { answer } from './testing/open-door.ts'

const BACKEND = { hosts: new Set(['backend']), origin: 'http://127.0.0.1:7001' }

test('answers with the same block differ in what this gateway adds, and in nothing else', () => {
  const headers = new AnswerHeaders()
  const headerBlock = 'content-type:text/plain\r\nDate:x\r\nwusla-content-length:7\r\n'
  const [first, second] = ['m-1', 'm-2'].map((messageId) =>
    headers.linesOf(answer({ headerBlock, messageId }), makeCall(), undefined),
  )
  assert.ok(first?.lines.startsWith('content-type: text/plain\r\nDate: x\r\nx-road-id: m-1\r\n'))
  assert.equal(second?.lines, first?.lines.replace('m-1', 'm-2'))
  assert.deepEqual([second?.hasDate, second?.bodyBytes], [true, 7])
  const told = headers.linesOf(answer({ headerBlock, bodyBytes: 9 }), makeCall(), undefined)
  assert.equal(told.bodyBytes, 9)
})

test('a bad line is refused every time, also behind a good block', () => {
  const headers = new AnswerHeaders()
  const read = (headerBlock: string): string =>
    headers.linesOf(answer({ headerBlock }), makeCall(), undefined).lines
  const refused = (error: unknown): boolean => isWuslaError(error) && error.code === 'invalid_frame'
  assert.ok(read('A:b\r\n').startsWith('A: b\r\n'))
  for (let i = 0; i < 2; i += 1) assert.throws(() => read('A:b\n\r\n'), refused)
  assert.ok(read('A:b\r\n').startsWith('A: b\r\n'))
})

test('an address is rewritten for the port that asks for it, whoever had the block before', () => {
  const headers = new AnswerHeaders()
  const given = answer({ headerBlock: 'Location:http://backend/x\r\n' })
  const place = (rewrite?: typeof BACKEND): string =>
    headers.linesOf(given, makeCall(), rewrite).lines.split('\r\n')[0] ?? ''
  assert.deepEqual(
    [place(), place(BACKEND), place()],
    ['Location: http://backend/x', 'Location: http://127.0.0.1:7001/x', 'Location: http://backend/x'],
  )
})
