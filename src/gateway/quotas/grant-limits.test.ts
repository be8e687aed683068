import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CLIENT, HandClock, refusalOf, SERVICE } from '../testing/gateway-world.ts'
import { MemoryQuotas } from '../testing/memory-quotas.ts'
import type { Charge } from './charge.ts'
import { GrantLimits } from './grant-limits.ts'
import type { LimitedGrant, Limits } from './limited-grant.ts'

const CALL = { client: CLIENT, service: SERVICE }
const DAY_MS = 86_400_000

interface Bench {
  readonly clock: HandClock
  readonly limits: GrantLimits
  readonly store: MemoryQuotas
  readonly grant: LimitedGrant
  /** What happens to one more call: `passed`, or the reason why not. */
  readonly call: (bodyBytes?: number) => Promise<unknown>
}

/** The clock stands at 08:00 of UTC, and the gateway has run for a second. */
function bench(limits: Limits): Bench {
  const clock = new HandClock(Date.UTC(2026, 10, 23, 8) - 1_000)
  const store = new MemoryQuotas()
  const grantLimits = new GrantLimits(store, clock)
  clock.advance(1_000)
  const grant = { agreement: 'A'.repeat(43), grant: 0, limits }
  const call = async (bodyBytes = 0): Promise<unknown> => {
    try {
      await grantLimits.admit(grant, CALL, bodyBytes, true)
      return 'passed'
    } catch (error) {
      return (error as { details: Record<string, unknown> }).details['reason']
    }
  }
  return { clock, limits: grantLimits, store, grant, call }
}

async function several(count: number, call: () => Promise<unknown>): Promise<string> {
  const outcomes = await Promise.all(Array.from({ length: count }, call))
  return outcomes.map((outcome) => (outcome === 'passed' ? '+' : String(outcome).slice(0, 1))).join('')
}

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield await Promise.resolve(Buffer.alloc(size))
}

async function lengthOf(body: AsyncIterable<Uint8Array>): Promise<{ length: number; code?: unknown }> {
  let length = 0
  try {
    for await (const piece of body) length += piece.length
    return { length }
  } catch (error) {
    return { length, code: (error as { code: unknown }).code }
  }
}

suite('requests', () => {
  test('pass up to the day, and again from the next; the refusal says when', async () => {
    const { call, clock, limits, grant } = bench({ requestsPerDay: 3 })
    assert.equal(await several(5, call), '+++qq')
    const { code, details, message } = await refusalOf(() => limits.admit(grant, CALL, 0, true))
    assert.equal(code, 'limit_exceeded')
    assert.equal(details['retryAfterS'], 16 * 3_600)
    assert.deepEqual(details['changedBy'], ['AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA'])
    assert.match(message, /allows 3 on one day \(requestsPerDay\), and 3 are used/)
    clock.advance(16 * 3_600_000 - 1)
    assert.equal(await call(), 'quota_exceeded')
    clock.advance(1)
    assert.equal(await several(4, call), '+++q')
  })

  test('a clock that is put back, or forward and back, opens no day anew', async () => {
    const { call, clock } = bench({ requestsPerDay: 2 })
    assert.equal(await call(), 'passed')
    for (const jump of [DAY_MS, -DAY_MS, 400 * DAY_MS, -400 * DAY_MS, -3_600_000]) {
      clock.advance(jump)
      if (jump > 0) assert.equal(await several(3, call), '++q')
    }
    assert.equal(await several(3, call), '+qq')
  })

  test('pass up to the second, wherever the clock goes', async () => {
    const { call, clock } = bench({ requestsPerSecond: 3 })
    assert.equal(await several(5, call), '+++rr')
    clock.advance(-7_200_000)
    assert.equal(await call(), 'rate_exceeded')
    clock.advance(1_010)
    assert.equal(await several(5, call), '+++rr')
  })

  test('a gateway that has just started takes the second before for full', async () => {
    const clock = new HandClock()
    const limits = new GrantLimits(new MemoryQuotas(), clock)
    const grant = { agreement: 'A'.repeat(43), grant: 0, limits: { requestsPerSecond: 5 } }
    const refusal = await refusalOf(() => limits.admit(grant, CALL, 0, true))
    assert.deepEqual([refusal.details['reason'], refusal.details['retryAfterS']], ['rate_exceeded', 1])
    clock.advance(1_000)
    await limits.admit(grant, CALL, 0, true)
  })

  test('one limit that refuses leaves the others as they were', async () => {
    const { call, limits, grant, clock } = bench({
      requestsPerSecond: 3,
      requestsPerDay: 4,
      bytesPerDay: 100,
    })
    assert.equal(await several(4, call), '+++r')
    clock.advance(1_010)
    assert.equal(await call(101), 'quota_exceeded')
    assert.equal(await several(3, () => call(10)), '+qq')
    const usage = await limits.usage(grant)
    assert.deepEqual(
      usage.map(({ limit, used }) => [limit, used]),
      [
        ['requestsPerSecond', 1],
        ['requestsPerDay', 4],
        ['bytesPerDay', 10],
      ],
    )
  })

  test('what was admitted and not sent costs nothing', async () => {
    const { limits, grant, call } = bench({ requestsPerSecond: 1, requestsPerDay: 1, bytesPerDay: 10 })
    const charge = await limits.admit(grant, CALL, 10, true)
    assert.equal(await call(), 'rate_exceeded')
    charge.giveBack()
    assert.equal(await call(10), 'passed')
  })

  test('every grant counts by itself', async () => {
    const { limits, grant } = bench({ requestsPerDay: 1 })
    await limits.admit(grant, CALL, 0, true)
    await limits.admit({ ...grant, grant: 1 }, CALL, 0, true)
    await limits.admit({ ...grant, agreement: 'B'.repeat(43) }, CALL, 0, true)
    assert.equal((await refusalOf(() => limits.admit(grant, CALL, 0, true))).code, 'limit_exceeded')
  })
})

suite('bytes', () => {
  const admit = async (b: Bench, bytes = 0): Promise<Charge> =>
    await b.limits.admit(b.grant, CALL, bytes, true)

  test('of request and answer count, whole or in pieces', async () => {
    const b = bench({ bytesPerDay: 1_000 })
    const charge = await admit(b, 100)
    assert.deepEqual(await lengthOf(charge.requestBody(pieces(100, 100))), { length: 200 })
    await charge.answerBody(Buffer.alloc(50))
    const answer = await charge.answerBody(pieces(25, 25))
    assert.deepEqual(await lengthOf(answer), { length: 50 })
    assert.equal((await b.limits.usage(b.grant))[0]?.used, 400)
  })

  test('a body that would pass the quota is cut, and the next call is refused', async () => {
    const b = bench({ bytesPerDay: 1_000 })
    const charge = await admit(b)
    const request = await lengthOf(charge.requestBody(pieces(600, 405, 1)))
    assert.deepEqual(request, { length: 1_005, code: 'limit_exceeded' }, 'half a percent is let pass')
    assert.equal(await b.call(), 'quota_exceeded')
  })

  test('an answer that would is not delivered, and nobody is told that nothing was done', async () => {
    const b = bench({ bytesPerDay: 1_000 })
    const charge = await admit(b)
    const { code, details } = await refusalOf(async () => await charge.answerBody(Buffer.alloc(1_006)))
    assert.deepEqual(
      [code, details['reason'], details['retryAfterS']],
      ['delivery_interrupted', 'quota_exceeded', undefined],
    )
    const answer = await lengthOf(await charge.answerBody(pieces(900, 200)))
    assert.deepEqual(answer, { length: 900, code: 'delivery_interrupted' })
  })

  test('a body of a known length that does not fit is refused before it begins', async () => {
    const b = bench({ bytesPerDay: 1_000 })
    assert.equal(await b.call(1_001), 'quota_exceeded')
    assert.equal((await refusalOf(() => b.limits.admit(b.grant, CALL, 1_001, false))).code, 'limit_exceeded')
    assert.equal(await b.call(1_000), 'passed')
  })

  test('bodies of a grant without such a limit are not touched', async () => {
    const b = bench({ requestsPerDay: 5 })
    const charge = await admit(b)
    const body = pieces(1)
    assert.equal(charge.requestBody(body), body)
    assert.equal(await charge.answerBody(body), body)
    assert.equal(charge.requestBody(null), null)
  })
})
