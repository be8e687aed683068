import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { LineShare } from '../lines/line-share.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { Way, type WayEnd } from './way.ts'

/** A connection whose kernel takes so many bytes and empties slowly. Bytes are copied when the kernel takes them, not before. */
class SlowSocket {
  destroyed = false
  writableEnded = false
  isClosed = false
  readonly taken: Buffer[] = []
  readonly #time: VirtualTime
  readonly #room: number
  readonly #bytesPerMs: number
  #held = 0
  #queue: { readonly chunk: Buffer; readonly onTaken: (() => void) | undefined }[] = []

  constructor(time: VirtualTime, room: number, bytesPerMs: number) {
    this.#time = time
    this.#room = room
    this.#bytesPerMs = bytesPerMs
  }

  get writableLength(): number {
    return this.#queue.reduce((sum, { chunk }) => sum + chunk.length, 0)
  }

  readonly write = (chunk: Buffer, onTaken?: () => void): void => {
    assert.ok(!this.writableEnded, 'written after the end')
    this.#queue.push({ chunk, onTaken })
    this.#take()
  }

  readonly end = (): void => {
    this.writableEnded = true
  }

  readonly destroySoon = (): void => {
    this.writableEnded = true
    this.isClosed = true
  }

  #take(): void {
    while (this.#queue[0] !== undefined) {
      const { chunk, onTaken } = this.#queue[0]
      const part = chunk.subarray(0, this.#room - this.#held)
      if (part.length < chunk.length) {
        this.#keep(part)
        this.#queue[0] = { chunk: chunk.subarray(part.length), onTaken }
        return
      }
      this.#keep(part)
      this.#queue.shift()
      // As the runtime does: never before the write has returned.
      if (onTaken !== undefined) this.#time.schedule(0, onTaken)
    }
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.taken.push(Buffer.from(part))
    this.#held += part.length
    this.#time.schedule(part.length / this.#bytesPerMs, () => {
      this.#held -= part.length
      this.#take()
    })
  }
}

/** Reads everything into the same memory again and again, as a tunnel's end does, and spoils it before each read. */
class OneBufferSource {
  readonly #time: VirtualTime
  readonly #memory: Buffer
  readonly #sizes: number[]
  #sent = 0
  #isReading = false
  way: Way | undefined
  how: 'end' | 'endAndClose' = 'end'

  constructor(time: VirtualTime, sizes: readonly number[]) {
    this.#time = time
    this.#sizes = [...sizes]
    this.#memory = Buffer.alloc(Math.max(...sizes))
  }

  readonly resume = (): void => {
    if (this.#isReading) return
    this.#isReading = true
    this.#time.schedule(0, () => this.#read())
  }

  #read(): void {
    const size = this.#sizes.shift()
    if (size === undefined) return this.way?.[this.how]()
    this.#memory.fill(0xff)
    const chunk = this.#memory.subarray(0, size)
    for (let at = 0; at < size; at += 1) chunk[at] = byteAt(this.#sent + at)
    this.#sent += size
    this.#isReading = this.way?.forward(chunk) ?? false
    if (this.#isReading) this.#time.schedule(0, () => this.#read())
  }
}

function byteAt(place: number): number {
  return (place * 31 + (place >> 8) * 7) % 251
}

const aTunnel = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 12 }),
  room: fc.integer({ min: 500, max: 20_000 }),
  bytesPerMs: fc.integer({ min: 50, max: 20_000 }),
  flow: fc.constantFrom('a', 'b', 'c'),
  how: fc.constantFrom('end' as const, 'endAndClose' as const),
})
/** Mbit/s of the line, one after the other; `undefined`: no line is registered. */
const rates = fc.array(fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 6,
})

await test('no byte is lost, doubled or put out of order, whatever the line and the readers do, and the end comes last', () => {
  fc.assert(
    fc.property(fc.array(aTunnel, { minLength: 1, maxLength: 6 }), rates, (tunnels, mbps) => {
      const time = new VirtualTime()
      const share = new LineShare({ nowMs: time.nowMs, schedule: time.schedule })
      const started = tunnels.map(({ sizes, room, bytesPerMs, flow, how }) => {
        const socket = new SlowSocket(time, room, bytesPerMs)
        const source = new OneBufferSource(time, sizes)
        const to: WayEnd = { socket, resume: () => undefined }
        source.how = how
        source.way = new Way({ socket, resume: source.resume }, to, { share, flow })
        source.resume()
        return { socket, how, bytes: sizes.reduce((sum, size) => sum + size, 0) }
      })
      for (const rate of mbps) {
        share.setRate(rate)
        time.pass(3)
      }
      time.pass(600_000)
      assert.equal(share.waiting, 0)
      for (const { socket, how, bytes } of started) {
        const arrived = Buffer.concat(socket.taken)
        assert.equal(arrived.length, bytes)
        assert.ok(
          arrived.every((byte, place) => byte === byteAt(place)),
          'other bytes than were sent',
        )
        assert.deepEqual([socket.writableEnded, socket.isClosed], [true, how === 'endAndClose'])
      }
    }),
    { numRuns: 50 },
  )
})

await test('a connection that is over while its bytes wait gives up its turn, and the others go on', () => {
  const time = new VirtualTime()
  const share = new LineShare({ nowMs: time.nowMs, schedule: time.schedule })
  share.setRate(1)
  const open = (flow: string): { socket: SlowSocket } => {
    const socket = new SlowSocket(time, 1e9, 1e9)
    const source = new OneBufferSource(time, [30_000, 30_000])
    source.way = new Way(
      { socket, resume: source.resume },
      { socket, resume: () => undefined },
      { share, flow },
    )
    source.resume()
    return { socket }
  }
  const [dead, alive] = [open('a'), open('b')]
  time.pass(10)
  dead.socket.destroyed = true
  time.pass(600_000)
  assert.equal(share.waiting, 0)
  assert.ok(Buffer.concat(dead.socket.taken).length < 60_000)
  assert.equal(Buffer.concat(alive.socket.taken).length, 60_000)
})

await test('an end that is noticed while bytes wait for their turn is passed on after them', () => {
  for (const how of ['end', 'endAndClose'] as const) {
    const time = new VirtualTime()
    const share = new LineShare({ nowMs: time.nowMs, schedule: time.schedule })
    share.setRate(1)
    const socket = new SlowSocket(time, 1e9, 1e9)
    const way = new Way(
      { socket, resume: () => undefined },
      { socket, resume: () => undefined },
      { share, flow: 'a' },
    )
    assert.equal(way.forward(Buffer.alloc(40_000)), false)
    way[how]()
    assert.equal(socket.writableEnded, false)
    time.pass(10_000)
    assert.deepEqual([Buffer.concat(socket.taken).length, socket.writableEnded], [40_000, true])
  }
})
