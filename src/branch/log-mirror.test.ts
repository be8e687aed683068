import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { DirectoryMirror, type MirrorOptions } from '../directory/directory-mirror.ts'
import type { LogSource } from '../directory/log-source.ts'
import { logMirror } from './log-mirror.ts'
import { branchNetwork, isOver } from './testing/branch-network.ts'

/** Entries of the invented log; with 10,000 bytes each it is 20 MB long. */
const SIZE = 2_048
const ENTRY_BYTES = 10_000

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }
const NEVER_MS = 600_000

/** A log that makes its entries when they are asked for, and counts how many. */
function longLog(): LogSource & { made: number } {
  const source = {
    made: 0,
    checkpoint: () => ({ note: 'note', size: SIZE }),
    waitBeyond: async () => await Promise.resolve(),
    tile: async () => await Promise.resolve(undefined),
    entries: async (from: number, to: number) => {
      source.made += to - from
      return await Promise.resolve(Array.from({ length: to - from }, () => Buffer.alloc(ENTRY_BYTES)))
    },
  }
  return source
}

async function serve(
  t: test.TestContext,
  options: MirrorOptions,
): Promise<{ url: URL; source: { made: number } }> {
  const source = longLog()
  const network = await branchNetwork(t)
  const mirror = logMirror(new DirectoryMirror(source, options))
  const core = await network.branch('CORE', {}, { mirror })
  return { url: new URL(core.handle.httpUrl), source }
}

interface Asked {
  readonly socket: Socket
  readonly status: number
}

/** Asks for the snapshot and reads no more than the head of the answer. */
async function ask(url: URL): Promise<Asked> {
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => undefined)
  socket.write('GET /log/snapshot HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  const [, status] = /^HTTP\/1\.1 (\d+) /.exec(String(socket.read())) ?? []
  return { socket, status: Number(status) }
}

/** A reader that was given the snapshot and stands still. */
async function askAndStall(url: URL): Promise<Socket> {
  const { socket, status } = await ask(url)
  assert.equal(status, 200)
  return socket
}

/** As {@link askAndStall}, as soon as a place is free. */
async function askUntilGiven(t: test.TestContext, url: URL): Promise<Socket> {
  for (;;) {
    const { socket, status } = await ask(url)
    if (status === 200) return socket
    assert.equal(status, 503)
    socket.destroy()
    await setTimeout(10, undefined, { signal: t.signal })
  }
}

await test('readers that stand still make nothing pile up', BOUNDED, async (t) => {
  const { url, source } = await serve(t, { maxSnapshots: 3, stallMs: NEVER_MS })
  const slow = await Promise.all([1, 2, 3].map(async () => await askAndStall(url)))
  assert.equal((await fetch(new URL('/log/snapshot', url))).status, 503)
  await setTimeout(200)
  // The pieces in hand of each, not three whole logs.
  assert.ok(source.made <= 3 * 3 * 256, `made ${source.made} entries`)
  for (const socket of slow) socket.destroy()
  ;(await askUntilGiven(t, url)).destroy()
})

await test('a whole snapshot is read by whoever reads on', BOUNDED, async (t) => {
  const { url } = await serve(t, {})
  const whole = await fetch(new URL('/log/snapshot', url))
  assert.equal(whole.status, 200)
  let bytes = 0
  for await (const piece of whole.body as AsyncIterable<Uint8Array>) bytes += piece.length
  assert.ok(bytes > SIZE * ENTRY_BYTES)
})

await test(
  'a reader that stands still is dropped in time, and another gets its place',
  BOUNDED,
  async (t) => {
    const { url } = await serve(t, { maxSnapshots: 1, stallMs: 300 })
    const slow = await askAndStall(url)
    ;(await askUntilGiven(t, url)).destroy()
    await isOver(slow)
    assert.ok(slow.bytesRead < SIZE * ENTRY_BYTES, 'it was cut off in the middle')
  },
)

await test('a reader that hangs up gives its place back', BOUNDED, async (t) => {
  const { url } = await serve(t, { maxSnapshots: 1, stallMs: NEVER_MS })
  for (let round = 0; round < 3; round += 1) {
    const socket = await askUntilGiven(t, url)
    assert.equal((await fetch(new URL('/log/snapshot', url))).status, 503)
    socket.destroy()
  }
  ;(await askUntilGiven(t, url)).destroy()
})

await test('a reader may not take for ever, however steadily it reads', BOUNDED, async (t) => {
  const { url } = await serve(t, { snapshotMs: 300 })
  const socket = await askAndStall(url)
  while (!socket.destroyed) {
    socket.read()
    await setTimeout(20)
  }
  await isOver(socket)
  assert.ok(socket.bytesRead < SIZE * ENTRY_BYTES, 'it was cut off in the middle')
})

await test('an address that asks too often is told to wait', async (t) => {
  const network = await branchNetwork(t)
  const mirror = logMirror(new DirectoryMirror(longLog()))
  const core = await network.branch('CORE', { requestsPerSecond: 1 }, { mirror })
  const ask = async (from: string): Promise<number> => {
    const response = await fetch(`${core.handle.httpUrl}/log/checkpoint`, {
      headers: { 'x-forwarded-for': from },
    })
    await response.text()
    return response.status
  }
  const statuses = []
  for (let i = 0; i < 8; i += 1) statuses.push(await ask('192.0.2.1'))
  assert.ok(statuses.includes(200) && statuses.includes(429), statuses.join())
  assert.equal(await ask('192.0.2.2'), 200)
  assert.equal((await fetch(`${core.handle.httpUrl}/healthz`)).status, 200)
})
