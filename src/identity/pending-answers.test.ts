import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PendingAnswers } from './pending/pending-answers.ts'

const UNKNOWN = { code: 'identity_attempt_unknown' }

function waitingAt(startMs: number): { pending: PendingAnswers<string>; tick: (ms: number) => void } {
  let nowMs = startMs
  const clock = { nowMs: (): number => nowMs }
  return { pending: new PendingAnswers<string>(clock), tick: (ms) => (nowMs += ms) }
}

const answer = (state: string): URLSearchParams => new URLSearchParams({ state, code: 'c' })

test('an answer is taken once', () => {
  const { pending } = waitingAt(0)
  const { state, binding } = pending.begin('flow')
  assert.match(state, /^[\w-]{43}$/)
  assert.deepEqual(pending.take(answer(state), binding.reveal()), { state, value: 'flow' })
  assert.throws(() => pending.take(answer(state), binding.reveal()), UNKNOWN)
})

test('an answer in another browser is refused, and uses the state up', () => {
  for (const other of [undefined, '', 'x']) {
    const { pending } = waitingAt(0)
    const { state, binding } = pending.begin('flow')
    assert.throws(() => pending.take(answer(state), other), UNKNOWN)
    assert.throws(() => pending.take(answer(state), binding.reveal()), UNKNOWN)
  }
})

test('an answer after ten minutes is refused', () => {
  const { pending, tick } = waitingAt(0)
  const inTime = pending.begin('one')
  const late = pending.begin('two')
  tick(599_999)
  assert.equal(pending.take(answer(inTime.state), inTime.binding.reveal()).value, 'one')
  tick(1)
  assert.throws(() => pending.take(answer(late.state), late.binding.reveal()), UNKNOWN)
})

test('a state that nobody began, none, and two states are refused', () => {
  const { pending } = waitingAt(0)
  const { state, binding } = pending.begin('flow')
  for (const query of ['', 'state=', `state=${state}x`, `state=${state}&state=${state}`])
    assert.throws(() => pending.take(new URLSearchParams(query), binding.reveal()), UNKNOWN)
})

test('flows that nobody ends stay bounded: the oldest gives way', () => {
  const { pending } = waitingAt(0)
  const first = pending.begin('first')
  const second = pending.begin('second')
  for (let more = 0; more < 9_999; more++) pending.begin('more')
  assert.throws(() => pending.take(answer(first.state), first.binding.reveal()), UNKNOWN)
  assert.equal(pending.take(answer(second.state), second.binding.reveal()).value, 'second')
})
