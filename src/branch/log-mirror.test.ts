import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { DirectoryMirror, type MirrorOptions } from '../directory/directory-mirror.ts'
import type { LogSource } from '../directory/log-source.ts'
import { logMirror } from './log-mirror.ts'
import { branchNetwork } from './testing/branch-network.ts'

/** Entries of the invented log; with 10,000 bytes each it is 20 MB long. */
const SIZE = 2_048
const ENTRY_BYTES = 10_000

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

/** Asks for the snapshot and reads no more than the head of the answer. */
async function askAndStall(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => undefined)
  socket.write('GET /log/snapshot HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  return socket
}

await test('readers that stand still make nothing pile up, and are dropped in time', async (t) => {
  const { url, source } = await serve(t, { maxSnapshots: 3, stallMs: 700 })
  const before = process.memoryUsage().arrayBuffers
  const slow = await Promise.all([1, 2, 3].map(async () => await askAndStall(url)))
  await setTimeout(200)
  // The pieces in hand of each, not three whole logs.
  assert.ok(source.made <= 3 * 3 * 256, `made ${source.made} entries`)
  const held = (process.memoryUsage().arrayBuffers - before) / 2 ** 20
  assert.ok(held < 45, `held ${Math.round(held)} MiB`)
  assert.equal((await fetch(new URL('/log/snapshot', url))).status, 503)
  for (const socket of slow) socket.resume()
  await Promise.all(slow.map(async (socket) => socket.closed || (await once(socket, 'close'))))
  const again = await fetch(new URL('/log/snapshot', url))
  assert.equal(again.status, 200)
  let bytes = 0
  for await (const piece of again.body as AsyncIterable<Uint8Array>) bytes += piece.length
  assert.ok(bytes > SIZE * ENTRY_BYTES)
})

await test('a reader that hangs up gives its place back', async (t) => {
  const { url } = await serve(t, { maxSnapshots: 1 })
  for (let round = 0; round < 3; round += 1) {
    const socket = await askAndStall(url)
    assert.equal((await fetch(new URL('/log/snapshot', url))).status, 503)
    socket.destroy()
    await setTimeout(50)
  }
  const whole = await fetch(new URL('/log/snapshot', url))
  assert.equal(whole.status, 200)
  await whole.body?.cancel()
})

await test('a reader may not take for ever, however steadily it reads', async (t) => {
  const { url } = await serve(t, { snapshotMs: 300 })
  const socket = await askAndStall(url)
  const reading = (async () => {
    while (!socket.destroyed) {
      socket.read()
      await setTimeout(20)
    }
  })()
  await once(socket, 'close')
  await reading
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
