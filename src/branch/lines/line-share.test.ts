import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { VirtualTime } from '../testing/virtual-time.ts'
import { LineShare, type Sender } from './line-share.ts'
import { bytesPerMs, wireBytes } from './wire-bytes.ts'

const MBPS = 20
const SLICE_MS = 2
/** Largest read of a tunnel. */
const READ = 262_144

/** A line of one test and what went onto it. */
class TestLine {
  readonly time = new VirtualTime()
  readonly share: LineShare
  readonly sent: { readonly atMs: number; readonly flow: string; readonly wire: number }[] = []

  constructor(mbps: number | 'unregistered' = MBPS) {
    this.share = new LineShare({ nowMs: this.time.nowMs, schedule: this.time.schedule })
    this.share.setRate(mbps === 'unregistered' ? undefined : mbps)
  }

  /** Offers one read as a tunnel does; calls back when all of it is on the line. */
  offer(flow: string, bytes: number, onSent: () => void): void {
    if (this.share.pass(bytes)) {
      this.#note(flow, bytes)
      onSent()
      return
    }
    let left = bytes
    const sender: Sender = {
      send: (maxBytes) => {
        const slice = Math.min(left, maxBytes)
        left -= slice
        this.#note(flow, slice)
        // The next read comes in a later turn of the loop.
        if (left === 0) this.time.schedule(0, onSent)
        return { bytes: slice, hasMore: left > 0 }
      },
    }
    this.share.wait(flow, sender)
  }

  /** A tunnel that always has more. */
  bulk(flow: string, read: () => number = () => READ, pauseMs: () => number = () => 0): void {
    this.time.schedule(pauseMs(), () => this.offer(flow, read(), () => this.bulk(flow, read, pauseMs)))
  }

  bytesOf(flow: string, fromMs = 0): number {
    return this.sent.reduce(
      (sum, { flow: of, wire, atMs }) => sum + (of === flow && atMs >= fromMs ? wire : 0),
      0,
    )
  }

  #note(flow: string, bytes: number): void {
    this.sent.push({ atMs: this.time.nowMs(), flow, wire: wireBytes(bytes) })
  }
}

const reads = fc.constantFrom(200, 2_048, 16_384, 65_536, READ)

await test('bulk gets the rate of the line and in no window more than that and what may be saved up', () => {
  fc.assert(
    fc.property(
      fc.array(reads, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 2, max: 900 }),
      (sizes, mbps) => {
        const line = new TestLine(mbps)
        for (const [index, size] of sizes.entries()) line.bulk(`${index}`, () => size)
        line.time.pass(400)
        const rate = bytesPerMs(mbps)
        const total = line.sent.reduce((sum, { wire }) => sum + wire, 0)
        assert.ok(total >= 400 * rate * 0.97, `${total} of ${400 * rate} bytes`)
        let inFlight = 0
        let beforeMs = line.time.nowMs() - 400
        for (const { atMs, wire } of line.sent) {
          inFlight = Math.max(0, inFlight - (atMs - beforeMs) * rate) + wire
          beforeMs = atMs
          // A queue on the line never holds more than what may be saved up and one turn.
          assert.ok(
            inFlight <= 10 * rate + Math.max(SLICE_MS * rate, wireBytes(2_896)) * 1.1,
            `${inFlight / rate} ms`,
          )
        }
      },
    ),
    { numRuns: 40 },
  )
})

await test('however many tunnels they use, pairs of members that send in bulk have equal shares', () => {
  const read = fc.constantFrom(65_536, READ)
  const pairs = fc.array(fc.array(read, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(pairs, (flows) => {
      const line = new TestLine()
      for (const [index, tunnels] of flows.entries()) {
        for (const size of tunnels) line.bulk(`${index}`, () => size)
      }
      line.time.pass(3_000)
      const startMs = line.time.nowMs() - 2_500
      const shares = flows.map((_, index) => line.bytesOf(`${index}`, startMs))
      const turn = SLICE_MS * bytesPerMs(MBPS)
      // A tunnel alone is away for a moment after each read and may miss a turn then; beside that, four turns of difference.
      const least = Math.max(...shares) * (1 - turn / 65_536) - 4 * turn
      assert.ok(Math.min(...shares) >= least, `${shares.join()}: less than ${least}`)
    }),
    { numRuns: 40 },
  )
})

await test('a small call waits for one turn of each pair that sends in bulk, and not for their reads', () => {
  for (const others of [1, 2, 5]) {
    const line = new TestLine()
    for (let index = 0; index < others; index += 1) line.bulk(`bulk ${index}`)
    const waits: number[] = []
    for (let call = 0; call < 60; call += 1) {
      line.time.pass(7 + (call % 5))
      const askedMs = line.time.nowMs()
      line.offer('small', 700, () => waits.push(line.time.nowMs() - askedMs))
    }
    line.time.pass(100)
    assert.equal(waits.length, 60)
    const longest = Math.max(...waits)
    // Its own turn comes first; one slice is on the line already and timers are whole milliseconds.
    assert.ok(longest <= SLICE_MS * 2 + 1, `${longest} ms behind ${others}`)
  }
})

await test('without the queue being fair the same call would wait for whole reads', () => {
  const line = new TestLine()
  for (let index = 0; index < 5; index += 1) line.bulk('all in one flow')
  const waits: number[] = []
  for (let call = 0; call < 20; call += 1) {
    line.time.pass(50)
    const askedMs = line.time.nowMs()
    line.offer('all in one flow', 700, () => waits.push(line.time.nowMs() - askedMs))
  }
  line.time.pass(100)
  assert.ok(Math.max(...waits) > SLICE_MS * 4, `${Math.max(...waits)} ms`)
})

await test('many pairs that come and go do not starve one that stays', () => {
  const line = new TestLine()
  line.bulk('stays')
  // Each comes for one turn and is away for a moment: together they want far more than the line.
  for (let index = 0; index < 60; index += 1)
    line.bulk(
      `comes ${index}`,
      () => 5_000,
      () => 10 + (index % 7),
    )
  line.time.pass(4_000)
  const fair = (4_000 * bytesPerMs(MBPS)) / 61
  const got = line.bytesOf('stays')
  assert.ok(got > fair * 0.7, `${got} of ${fair}`)
})

await test('nobody gains by leaving after each turn and coming back', () => {
  const line = new TestLine()
  line.bulk('stays')
  line.bulk('comes back', () => 4_000)
  line.time.pass(2_000)
  const half = 1_000 * bytesPerMs(MBPS)
  assert.ok(line.bytesOf('stays') > half * 0.95, `${line.bytesOf('stays')} of ${half}`)
})

await test('a pair that is away gives its share to the others at once', () => {
  const line = new TestLine()
  line.bulk('a')
  let isThere = true
  const other = (): void => {
    if (isThere) line.offer('b', READ, other)
  }
  other()
  line.time.pass(1_000)
  isThere = false
  line.time.pass(400)
  const fromMs = line.time.nowMs()
  line.time.pass(1_000)
  assert.ok(line.bytesOf('a', fromMs) > 1_000 * bytesPerMs(MBPS) * 0.97)
})

await test('a timer that comes some milliseconds late costs no throughput', () => {
  const line = new TestLine()
  let turn = 0
  line.time.lateMs = () => (turn++ % 3) * 3
  line.bulk('a', () => READ)
  line.time.pass(2_000)
  assert.ok(line.bytesOf('a') > 2_000 * bytesPerMs(MBPS) * 0.97)
})

await test('where no capacity is registered, and where there is plenty, everything is written as it comes', () => {
  for (const mbps of ['unregistered', 40_000] as const) {
    const line = new TestLine(mbps)
    for (let count = 0; count < 2_000; count += 1) {
      assert.equal(line.share.pass(READ), true)
      line.time.pass(0.1)
    }
    assert.equal(line.share.waiting, 0)
  }
})

await test('a changed capacity is in force at once, and without one nothing waits any more', () => {
  const line = new TestLine(2)
  let pauseMs = 0
  for (const flow of ['a', 'b'])
    line.bulk(
      flow,
      () => READ,
      () => pauseMs,
    )
  line.time.pass(500)
  const beforeMs = line.time.nowMs()
  line.share.setRate(200)
  line.time.pass(500)
  const rate = bytesPerMs(200)
  const sent = line.bytesOf('a', beforeMs) + line.bytesOf('b', beforeMs)
  assert.ok(sent > 500 * rate * 0.97 && sent < 515 * rate, `${sent / rate} ms`)
  line.share.setRate(2)
  pauseMs = 60_000
  let isSent = false
  line.offer('c', READ, () => (isSent = true))
  assert.ok(line.share.waiting > 0)
  line.share.setRate(undefined)
  assert.equal(line.share.waiting, 0)
  line.time.pass(0)
  assert.ok(isSent)
})
