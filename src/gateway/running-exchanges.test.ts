import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import { type RunningExchange, RunningExchanges } from './running-exchanges.ts'
import { HandClock } from './testing/gateway-world.ts'

function begin(
  running: RunningExchanges,
  exchange: string,
  agreement: string,
): { entry: ReturnType<RunningExchanges['begin']>; cuts: WuslaError[] } {
  const cuts: WuslaError[] = []
  const entry = running.begin({
    exchange,
    agreement,
    direction: 'served',
    client: 'c',
    service: 's',
    method: 'GET',
    path: '/',
    takenMs: 1_000,
    branches: () => [],
    cut: (cause) => cuts.push(cause),
  })
  return { entry, cuts }
}

function endedBut(standing: string): (exchange: RunningExchange) => WuslaError | undefined {
  return ({ exchange, agreement }) =>
    agreement === standing ? undefined : new WuslaError('access_denied', { details: { exchange, agreement } })
}

test('an exchange runs from begin to end, with the time it began', () => {
  const clock = new HandClock(1_000)
  const running = new RunningExchanges(clock)
  const { entry } = begin(running, 'e-1', 'a')
  clock.advance(5)
  assert.equal(entry.startedMs, 1_000)
  assert.equal(running.size, 1)
  running.end(entry)
  running.end(entry)
  assert.equal(running.size, 0)
})

test('what is no longer allowed is cut once, with its name; the rest runs on', () => {
  const running = new RunningExchanges(new HandClock())
  const ended = begin(running, 'e-1', 'revoked')
  const other = begin(running, 'e-2', 'standing')
  const cut = running.cutDisallowed(endedBut('standing'))
  assert.deepEqual(cut, [ended.entry])
  assert.equal(ended.cuts.length, 1)
  assert.equal(ended.cuts[0]?.code, 'access_denied')
  assert.deepEqual(ended.cuts[0]?.details, { exchange: 'e-1', agreement: 'revoked' })
  assert.equal(other.cuts.length, 0)
  assert.equal(running.size, 1)
  assert.deepEqual(running.cutDisallowed(endedBut('standing')), [])
  assert.equal(ended.cuts.length, 1)
})

test('two exchanges of one name and agreement are two', () => {
  const running = new RunningExchanges(new HandClock())
  const first = begin(running, 'e', 'a')
  begin(running, 'e', 'a')
  running.end(first.entry)
  assert.equal(running.size, 1)
})
