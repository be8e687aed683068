import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { test, type TestContext } from 'node:test'
import { type ChannelEnd, type ChannelLimits, LinkChannel } from './link-channel.ts'

/** A channel over a stream, in a time that the test moves. */
function openChannel(
  t: TestContext,
  limits: ChannelLimits = {},
): {
  readonly channel: LinkChannel
  readonly ends: ChannelEnd[]
  readonly written: string[]
  readonly hear: (line: string) => void
  readonly pass: (ms: number, stepMs?: number) => void
  readonly nowMs: () => number
} {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  const written: string[] = []
  const ends: ChannelEnd[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString())
      done()
    },
  })
  const channel = new LinkChannel({
    socket: socket as unknown as TLSSocket,
    onMessage: () => undefined,
    onEnd: (end) => ends.push(end),
    monotonicMs: () => nowMs,
    limits,
  })
  const pass = (ms: number, stepMs = 1): void => {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      nowMs += stepMs
      t.mock.timers.tick(stepMs)
    }
  }
  // As the socket of a peer would bring it.
  const hear = (line: string): void => void socket.emit('data', Buffer.from(`${line}\n`))
  return { channel, ends, written, hear, pass, nowMs: () => nowMs }
}

for (const [end, limits] of [
  ['the end that pings', {}],
  ['the end that is pinged', { pingIntervalMs: 0 }],
] as const) {
  test(`${end} notices a silence within 2.5 s of its beginning, whenever it begins`, (t) => {
    for (let beginsMs = 100; beginsMs < 1_200; beginsMs += 90) {
      const { ends, hear, pass, nowMs } = openChannel(t, limits)
      pass(beginsMs)
      hear('{"t":"pong","n":1}')
      while (ends.length === 0 && nowMs() < 8_000) pass(1)
      const afterMs = nowMs() - beginsMs
      assert.deepEqual(ends, ['silent'])
      assert.ok(afterMs >= 2_250 && afterMs <= 2_510, `noticed after ${afterMs} ms`)
      t.mock.timers.reset()
    }
  })
}

test('the dialling end pings once a second', (t) => {
  const { channel, written, hear, pass } = openChannel(t)
  for (let second = 0; second < 10; second += 1) {
    pass(1_000)
    hear('{"t":"pong","n":1}')
  }
  const pings = written.filter((line) => line.includes('"ping"')).length
  assert.ok(pings >= 10 && pings <= 12, `${pings} pings in 10 s`)
  channel.close()
})

test('a process that stood still itself does not blame its peer', (t) => {
  const { channel, ends, hear, pass } = openChannel(t)
  pass(10_000, 10_000)
  assert.deepEqual(ends, [])
  hear('{"t":"pong","n":1}')
  pass(1_000)
  assert.deepEqual(ends, [])
  channel.close()
})
