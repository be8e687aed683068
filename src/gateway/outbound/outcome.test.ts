import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { makeCall } from '../testing/gateway-world.ts'
import { outcomeOf } from './outcome.ts'

const closed = new WuslaError('session_closed')

function codeOf(cause: unknown): unknown {
  return cause instanceof WuslaError ? cause.code : cause
}

test('a session that ended before the request left says just that', () => {
  assert.equal(outcomeOf(closed, makeCall({ method: 'POST' }), false), closed)
})

test('a request that may be repeated without harm keeps the plain code', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) {
    assert.equal(outcomeOf(closed, makeCall({ method, body: Buffer.from('x') }), true), closed, method)
  }
})

test('of a sent POST or PATCH nobody knows what became, and the caller reads that', () => {
  for (const method of ['POST', 'PATCH']) {
    for (const cause of [closed, new WuslaError('key_revoked')]) {
      const body = cause === closed ? null : Buffer.from('x')
      const told = outcomeOf(cause, makeCall({ method, body, exchange: 'e-1' }), true)
      assert.ok(told instanceof WuslaError)
      assert.equal(told.code, 'outcome_unknown')
      assert.equal(told.cause, cause)
      assert.equal(told.details['exchange'], 'e-1')
    }
  }
})

test('a streamed body was interrupted, whatever the method', () => {
  for (const method of ['PUT', 'POST']) {
    const told = outcomeOf(
      closed,
      makeCall({ method, body: (async function* () {})(), exchange: 'e-1' }),
      true,
    )
    assert.equal(codeOf(told), 'delivery_interrupted')
  }
})

test('every other cause stays what it is', () => {
  const causes = [new WuslaError('logging_failed'), new WuslaError('stream_cancelled'), new TypeError('bug')]
  for (const cause of causes) assert.equal(outcomeOf(cause, makeCall({ method: 'POST' }), true), cause)
})

test('a signed refusal of a gateway that is closing is no unknown outcome: nothing was done there', () => {
  const refusal = new WuslaError('session_closed', { details: { by: 'provider' } })
  assert.equal(outcomeOf(refusal, makeCall({ method: 'POST', body: Buffer.from('x') }), true), refusal)
})
