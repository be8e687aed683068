import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { HandClock } from '../testing/gateway-world.ts'
import { ServedExchanges, type ServedLimits, type ServedOutcome } from './served-exchanges.ts'

function answer(bytes: number): ServedOutcome {
  const body = Buffer.alloc(bytes)
  return { kind: 'answered', answer: { status: 200, time: 't', headerBlock: '', body } }
}

function open(limits: ServedLimits = {}): { clock: HandClock; exchanges: ServedExchanges } {
  const clock = new HandClock()
  return { clock, exchanges: new ServedExchanges(clock, limits) }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

test('an answered exchange is let go when the consumer has read it', async () => {
  const { exchanges } = open()
  const read = Promise.withResolvers<boolean>()
  for (const name of ['a', 'b']) {
    exchanges.settle(name, exchanges.begin(name, name), answer(10))
    exchanges.release(name, { confirm: () => read.promise })
  }
  assert.equal(exchanges.size, 2)
  const found = await exchanges.find('a')?.outcome
  assert.equal(found?.kind, 'answered')
  read.resolve(true)
  await turn()
  assert.deepEqual([exchanges.size, exchanges.bytes], [0, 0])
})

test('one whose session was lost before that is kept for a minute', async () => {
  const { exchanges, clock } = open()
  exchanges.settle('a', exchanges.begin('a', 'a'), answer(10))
  exchanges.release('a', { confirm: () => Promise.resolve(false) })
  await turn()
  clock.advance(59_999)
  exchanges.keepForAWhile('other')
  assert.equal(exchanges.size, 1)
  clock.advance(1)
  exchanges.keepForAWhile('other')
  assert.deepEqual([exchanges.size, exchanges.bytes], [0, 0])
})

test('the oldest goes when the bytes or the exchanges are too many', () => {
  const { exchanges } = open({ maxBytes: 10_000 })
  for (const name of ['a', 'b', 'c', 'd']) exchanges.settle(name, exchanges.begin(name, name), answer(3_000))
  exchanges.begin('e', 'e')
  assert.equal(exchanges.find('a'), undefined)
  assert.ok(exchanges.find('d') !== undefined && exchanges.find('e') !== undefined)
  assert.ok(exchanges.bytes <= 10_000, `${exchanges.bytes} bytes`)
  const few = open({ maxExchanges: 2 }).exchanges
  for (const name of ['a', 'b', 'c']) few.begin(name, name)
  assert.equal(few.size, 2)
  assert.equal(few.find('a'), undefined)
})

test('what was let go still tells those who attached to it', async () => {
  const { exchanges } = open({ maxExchanges: 1 })
  const served = exchanges.begin('a', 'a')
  exchanges.begin('b', 'b')
  exchanges.settle('a', served, { kind: 'failed', error: new WuslaError('backend_timeout') })
  assert.equal((await served.outcome).kind, 'failed')
  assert.equal(exchanges.find('a'), undefined)
})

test('the first word about an exchange counts, also for those who ask later', async () => {
  const { exchanges } = open()
  const served = exchanges.begin('a', 'a')
  const early = served.outcome
  exchanges.settle('a', served, { kind: 'failed', error: new WuslaError('access_denied') })
  const { bytes } = exchanges
  exchanges.settle('a', served, answer(10))
  assert.deepEqual([(await early).kind, (await served.outcome).kind], ['failed', 'failed'])
  assert.equal(exchanges.bytes, bytes, 'an answer that nobody gets is not kept')
})
