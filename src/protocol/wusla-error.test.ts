import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_TABLE } from './error-codes.ts'
import { isWuslaError, toWuslaError, WuslaError } from './wusla-error.ts'

test('an error carries its code, its facts and what led to it', () => {
  const cause = new Error('disk')
  const error = new WuslaError('logging_failed', { message: 'No room', details: { freeBytes: 0 }, cause })
  assert.equal(error.code, 'logging_failed')
  assert.equal(error.message, 'No room')
  assert.deepEqual(error.details, { freeBytes: 0 })
  assert.equal(error.cause, cause)
  assert.equal(error.name, 'WuslaError')
})

test('without a message the meaning of the code speaks', () => {
  assert.equal(new WuslaError('no_path').message, ERROR_TABLE.no_path.meaning)
  assert.deepEqual(new WuslaError('no_path').details, {})
})

test('an error of a second copy of the class is known by its code', () => {
  const copy = Object.assign(new Error('x'), { name: 'WuslaError', code: 'no_path', details: {} })
  assert.equal(isWuslaError(copy), true)
  assert.equal(isWuslaError(new WuslaError('no_path')), true)
  assert.equal(isWuslaError(Object.assign(new Error('x'), { name: 'WuslaError', code: 'made_up' })), false)
  assert.equal(isWuslaError(Object.assign(new Error('x'), { code: 'no_path' })), false)
  assert.equal(isWuslaError('no_path'), false)
})

test('a stranger\u2019s error is wrapped, and its words stay inside', () => {
  const stranger = new Error('password=hunter2')
  const wrapped = toWuslaError(stranger, 'service_failed')
  assert.equal(wrapped.code, 'service_failed')
  assert.equal(wrapped.cause, stranger)
  assert.doesNotMatch(wrapped.message, /hunter2/)
  const own = new WuslaError('no_path')
  assert.equal(toWuslaError(own, 'service_failed'), own)
})
