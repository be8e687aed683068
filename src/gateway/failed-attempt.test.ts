import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import { plainRefusal, xroadRefusal } from './front-door/refusal.ts'
import { attemptsOf, MAX_DETAIL, MAX_TRIED, triedOf } from './failed-attempt.ts'

const DEWA = 'AE-DU/SEMI/DEWA/gw-1'
const CORE = 'AE-DU/branch/CORE'
const MORO = 'AE-DU/branch/MORO'
const SETTING = { dialect: '7.8', accept: [], exchange: undefined, id: 'i-1' } as const

function textOf({ body }: ReturnType<typeof xroadRefusal>): string {
  assert.ok(Buffer.isBuffer(body))
  return body.toString('utf8')
}

test('every path that a branch tried is an attempt of its own, with the code of that path', () => {
  const tried = [
    { path: [CORE, MORO], code: 'gateway_unreachable', at: MORO, reason: 'the gateway did not dial back' },
    { path: [], code: 'no such code', at: CORE, reason: 'nothing was begun' },
  ]
  assert.deepEqual(attemptsOf(DEWA, CORE, new WuslaError('no_path', { details: { tried } })), [
    {
      gateway: DEWA,
      via: `${CORE} → ${MORO}`,
      code: 'gateway_unreachable',
      detail: 'the gateway did not dial back',
    },
    { gateway: DEWA, via: CORE, code: 'no_path', detail: 'nothing was begun' },
  ])
})

test('a dial that failed as a whole is one attempt, and a stranger failure shows nothing of its cause', () => {
  const [closed] = attemptsOf(DEWA, CORE, new WuslaError('session_closed'))
  assert.equal(closed?.code, 'session_closed')
  const [strange] = attemptsOf(DEWA, CORE, new TypeError('secret of the inside'))
  assert.equal(strange?.code, 'no_path')
  assert.doesNotMatch(strange?.detail ?? '', /secret/)
})

test('what a hostile branch says is cut to bounds, and what has not the form is left out', () => {
  const long = {
    path: Array.from({ length: 99 }, () => CORE),
    code: 'no_path',
    at: CORE,
    reason: 'x'.repeat(9_999),
  }
  const tried = [null, 7, { path: 'x', reason: 'y' }, ...Array.from({ length: 99 }, () => long)]
  const attempts = attemptsOf(DEWA, CORE, new WuslaError('no_path', { details: { tried } }))
  assert.ok(attempts.length > 0 && attempts.length <= MAX_TRIED)
  for (const { via, detail } of attempts) {
    assert.equal(detail.length, MAX_DETAIL)
    assert.equal(via.split(' → ').length, 8)
  }
})

test('the caller reads the attempts of no_path in JSON and in plain text, and of nothing else', () => {
  const tried = Array.from({ length: 20 }, (_, n) => ({
    gateway: DEWA,
    via: CORE,
    code: 'no_path',
    detail: `${n}`,
  }))
  const error = new WuslaError('no_path', { details: { member: 'AE-DU/SEMI/DEWA', tried } })
  const { wusla } = JSON.parse(textOf(xroadRefusal(error, SETTING))) as { wusla: { tried: unknown[] } }
  assert.deepEqual(wusla.tried, tried.slice(0, MAX_TRIED))
  const text = textOf(plainRefusal(error, { ...SETTING, accept: ['text/plain'] }))
  assert.ok(text.includes(`tried ${DEWA} via ${CORE}: no_path: 0\n`), text)
  assert.equal(triedOf(new WuslaError('access_denied', { details: { tried } })), undefined)
})
