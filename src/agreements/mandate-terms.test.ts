import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mandateHolder } from './mandate-terms.ts'

const NUMBER = '784199012345671'
const [one, other] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64url'))

test('what is published of a person depends on the salt and the number, and on nothing else', () => {
  assert.ok(one !== undefined && other !== undefined)
  const holder = mandateHolder(one, NUMBER)
  assert.match(holder, /^[\w-]{43}$/)
  assert.equal(mandateHolder(one, NUMBER), holder)
  assert.notEqual(mandateHolder(other, NUMBER), holder)
  assert.notEqual(mandateHolder(one, NUMBER.replace('7', '8')), holder)
})
