import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPrompt, worthLeaving } from './lagging-sessions.ts'

const session = (
  lagMs: number,
  changes: { open?: boolean; silentMs?: number; hasStreamedMessages?: boolean } = {},
) => ({
  open: true,
  hasStreamedMessages: false,
  lagMs,
  silentMs: 0,
  ...changes,
})

test('a session that lags by three quarters of a second is not prompt', () => {
  assert.deepEqual(
    [0, 500, 750, 2_000].map((lagMs) => isPrompt(session(lagMs))),
    [true, true, false, false],
  )
})

test('a session is left when it lags for long and another does not', () => {
  const [lost, good] = [session(1_750), session(0)]
  assert.deepEqual(worthLeaving([lost, good]), [lost])
  assert.deepEqual(worthLeaving([session(1_500), good]), [], 'not long enough')
  assert.deepEqual(worthLeaving([lost, session(800)]), [], 'the other is no better')
  assert.deepEqual(worthLeaving([lost, session(0, { silentMs: 750 })]), [], 'the other is silent too')
  assert.deepEqual(worthLeaving([lost]), [], 'there is no other')
  assert.deepEqual(worthLeaving([lost, session(0, { open: false })]), [], 'the other is over')
  assert.deepEqual(
    worthLeaving([session(9_000, { hasStreamedMessages: true }), good]),
    [],
    'streams would be lost',
  )
})
