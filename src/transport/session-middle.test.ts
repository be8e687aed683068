import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import test from 'node:test'
import * as fc from 'fast-check'
import { FRAME } from './frame-layout.ts'
import { echo, makeKeys, makeOpening, openPair, readBody, untilIdle } from './session-fixture.ts'
import type { Tamper, WireFrame } from './session-fixture.ts'

/** A man in the middle who got past TLS, or a branch that could: he must never make either side believe anything. */

/**
 * Runs two exchanges, one after the other, a small and a streamed one, and says what came of them: `right` counts
 * those that arrived whole and as they were.
 */
const KEYS = makeKeys()

async function run(tamper: Tamper, deadlineMs = 40): Promise<{ right: number; wrong: number }> {
  let right = 0
  let wrong = 0
  const check = (body: Buffer): void => {
    if (body.equals(SMALL) || body.equals(LARGE)) right += 1
    else wrong += 1
  }
  const pair = await openPair({
    keys: KEYS,
    tamper,
    provider: {
      onRequest: (incoming) => {
        void readBody(incoming.body).then(
          (body) => {
            check(body)
            void incoming.answer({ status: 200, time: incoming.statement.time }, '', body)
          },
          () => undefined,
        )
      },
    },
  })
  for (const body of [SMALL, LARGE]) {
    // What is only missing shows as silence, and the caller's deadline ends it.
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), deadlineMs)
    await pair.consumer
      .request(makeOpening(), '', body, { signal: deadline.signal })
      .then(async (answer) => {
        check(await readBody(answer.body))
        await answer.recorded
      })
      .catch(() => undefined)
    clearTimeout(timer)
  }
  pair.consumer.destroy()
  await Promise.all([pair.consumer.closed, pair.provider.closed])
  return { right, wrong }
}

const SMALL = Buffer.from('a small body')
const LARGE = Buffer.alloc(40_000, 'large')

/** All of the frames that carry an exchange, in the order of the wire. */
const isExchangeFrame = (frame: WireFrame): boolean =>
  frame.type !== FRAME.hello &&
  frame.type !== FRAME.ping &&
  frame.type !== FRAME.pong &&
  frame.type !== FRAME.goaway

await test('the man in the middle who changes nothing is not noticed', async () => {
  const { right, wrong } = await run((frame) => [frame.raw], 60_000)
  assert.deepEqual([right, wrong], [4, 0])
})

/** Tampers with the `index`-th frame of an exchange; the rest passes. */
function tamperAt(index: number, change: (frame: WireFrame) => Buffer[]): Tamper {
  let seen = 0
  return (frame) => {
    if (!isExchangeFrame(frame)) return [frame.raw]
    seen += 1
    return seen - 1 === index ? change(frame) : [frame.raw]
  }
}

function flipBit(raw: Buffer, at: number): Buffer {
  const copy = Buffer.from(raw)
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ 1
  return copy
}

// Small exchange: REQUEST BATCH ANSWER BATCH; large: REQUEST DATA FINISH BATCH and the same back; CREDIT may lie between.
const FRAMES = 12

const ALTERED: readonly ((frame: WireFrame) => Buffer[])[] = [
  () => [],
  (frame) => [flipBit(frame.raw, frame.raw.length - 1)],
  (frame) => [flipBit(frame.raw, 9 + Math.floor(frame.payload.length / 2))],
  (frame) => [frame.raw.subarray(0, -1)],
]

/** What comes behind the last frame of an exchange cannot take back what was proven. */
const ADDED: readonly ((frame: WireFrame) => Buffer[])[] = [
  (frame) => [frame.raw, frame.raw],
  (frame) => [Buffer.concat([frame.raw, Buffer.from([0])])],
]

for (let index = 0; index < FRAMES; index += 1) {
  await test(`frame ${index} dropped, altered, cut short or repeated: nothing wrong is delivered`, async () => {
    for (const [which, change] of ALTERED.entries()) {
      const { right, wrong } = await run(tamperAt(index, change))
      assert.equal(wrong, 0)
      assert.ok(right < 4, `change ${which} of frame ${index} is noticed`)
    }
    for (const change of ADDED) assert.equal((await run(tamperAt(index, change))).wrong, 0)
  })
}

await test('two frames in the other order: nothing wrong is delivered', async () => {
  for (let index = 0; index < FRAMES; index += 1) {
    let kept: Buffer | undefined
    let seen = 0
    const { wrong } = await run((frame) => {
      if (!isExchangeFrame(frame)) return [frame.raw]
      seen += 1
      if (seen - 1 === index) {
        kept = frame.raw
        return []
      }
      const out = kept === undefined ? [frame.raw] : [frame.raw, kept]
      kept = undefined
      return out
    })
    assert.equal(wrong, 0)
  }
})

await test('any bit of any frame, changed: nothing wrong is delivered', async () => {
  const property = fc.asyncProperty(fc.nat(FRAMES - 1), fc.nat(50_000), async (index, at) => {
    const { right, wrong } = await run(tamperAt(index, (frame) => [flipBit(frame.raw, at)]))
    assert.equal(wrong, 0)
    assert.ok(right < 4)
  })
  await fc.assert(property, { numRuns: 60 })
})

await test('a session recorded and played to another one is refused', async () => {
  const recorded: Buffer[] = []
  const keys = makeKeys()
  const first = await openPair({
    keys,
    provider: { onRequest: echo },
    tamper: (frame) => {
      if (frame.from === 'initiator' && isExchangeFrame(frame)) recorded.push(Buffer.from(frame.raw))
      return [frame.raw]
    },
  })
  await first.consumer.request(makeOpening(), '', SMALL)
  assert.equal(recorded.length, 2)
  let delivered = 0
  const second = await openPair({
    keys,
    provider: { onRequest: () => (delivered += 1) },
    tamper: (frame) =>
      isExchangeFrame(frame) && frame.from === 'initiator' ? recorded.splice(0) : [frame.raw],
  })
  await second.consumer.request(makeOpening(), '', SMALL).catch(() => undefined)
  assert.deepEqual(await second.provider.closed, { code: 'invalid_signature', by: 'local', step: 'session' })
  assert.equal(delivered, 0)
  await first.consumer.close()
})

/** A wire that cuts its bytes into pieces of given lengths. */
function cutPair(cuts: readonly number[]): [Duplex, Duplex] {
  const [near, nearMiddle] = duplexPair()
  const [far, farMiddle] = duplexPair()
  let next = 0
  const cutTo = (from: Duplex, to: Duplex): void => {
    from.on('data', (chunk: Buffer) => {
      let at = 0
      while (at < chunk.length) {
        const length = cuts[next++ % cuts.length] ?? 1
        to.write(Buffer.from(chunk.subarray(at, at + length)))
        at += length
      }
    })
    from.on('end', () => to.end())
    from.on('close', () => to.destroy())
  }
  cutTo(nearMiddle, farMiddle)
  cutTo(farMiddle, nearMiddle)
  return [near, far]
}

await test('any mix of exchanges, sizes and cuts of the wire arrives whole', async () => {
  const size = fc.oneof(fc.nat(200), fc.nat(20_000), fc.nat(1_048_576))
  const plan = fc.array(fc.record({ size, back: fc.boolean(), chunks: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1_000, max: 90_000 })), {
    minLength: 1,
    maxLength: 12,
  })
  const property = fc.asyncProperty(plan, cuts, async (exchanges, lengths) => {
    // Long bodies in one-byte pieces would only take long.
    const coarse = exchanges.some((exchange) => exchange.size > 1_000)
      ? lengths.map((cut) => cut + 2_000)
      : lengths
    const pair = await openPair({
      keys: KEYS,
      sockets: cutPair(coarse),
      consumer: { onRequest: echo },
      provider: { onRequest: echo },
    })
    await Promise.all(
      exchanges.map(async ({ size: bytes, back, chunks }, i) => {
        const body = Buffer.alloc(bytes, i + 1)
        const session = back ? pair.provider : pair.consumer
        const answer = await session.request(makeOpening(), '', chunks === 1 ? body : split(body, chunks))
        assert.ok((await readBody(answer.body)).equals(body))
        await answer.recorded
      }),
    )
    await untilIdle(pair)
    assert.equal((await pair.consumer.close()).step, undefined)
  })
  await fc.assert(property, { numRuns: 25 })
})

async function* split(body: Buffer, chunks: number): AsyncGenerator<Uint8Array> {
  const length = Math.max(1, Math.ceil(body.length / chunks))
  for (let at = 0; at < body.length; at += length) {
    if (at % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield body.subarray(at, at + length)
  }
}

await test('a small flow survives a cut at every byte', async () => {
  const keys = makeKeys()
  for (let cut = 1; cut <= 1_300; cut += 1) {
    const pair = await openPair({ keys, sockets: cutPair([cut, 1_000_000]), provider: { onRequest: echo } })
    const answer = await pair.consumer.request(makeOpening(), '', SMALL)
    assert.deepEqual(answer.body, SMALL)
    pair.consumer.destroy()
  }
})
