import assert from 'node:assert/strict'
import test from 'node:test'
import { acknowledgementPath, isReservedPath, readAcknowledgementPath } from './acknowledgement.ts'
import { digest256 } from './digest.ts'

const EXCHANGE = '019aafa1-3f23-7c10-9d4e-0f6f5c1f0a01'
const ANSWER = digest256('an answer')

await test('the path of an acknowledgement reads back', () => {
  const path = acknowledgementPath({ exchange: EXCHANGE, answer: ANSWER })
  assert.equal(path, `/.wusla/acknowledgement/${EXCHANGE}/${ANSWER}`)
  assert.deepEqual(readAcknowledgementPath(path), { exchange: EXCHANGE, answer: ANSWER })
})

for (const path of [
  '',
  '/bills',
  `/.wusla/acknowledgement/${EXCHANGE}`,
  `/.wusla/acknowledgement/${EXCHANGE}/${ANSWER}/`,
  `/.wusla/acknowledgement/${EXCHANGE}/${ANSWER.slice(1)}`,
  `/.wusla/acknowledgement/${EXCHANGE.toUpperCase()}/${ANSWER}`,
  `/x/.wusla/acknowledgement/${EXCHANGE}/${ANSWER}`,
]) {
  await test(`no path of an acknowledgement: ${path}`, () => {
    assert.equal(readAcknowledgementPath(path), undefined)
  })
}

await test('what gateways keep for themselves is known in every spelling', () => {
  const reserved = ['/.wusla/', '/.wusla/x', '//.wusla/x', '/./.wusla/x', '/a/../.wusla/x', '/%2Ewusl%61/x']
  for (const path of reserved) assert.equal(isReservedPath(path), true, path)
  for (const path of ['', '/', '/wusla/x', '/x/.wusla/y', '/.wuslax', '/.wusla'])
    assert.equal(isReservedPath(path), false, path)
})
