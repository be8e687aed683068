import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { answer, CALLER_LINES, connectRaw, converse, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const GET = `GET ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}\r\n`
const READY = 'GET /readyz HTTP/1.1\r\nHost: gateway\r\n\r\n'
const NEVER = new AbortController().signal

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

/** Longer than any stall of this machine: the clock is put forward when it shall be over. */
const NOTICE_MS = 600_000

test('/readyz says whether calls should come here, to anybody and at the X-Road door only', async () => {
  const state = { ready: true }
  await using inside = await openDoor(undefined, { isReady: () => state.ready })
  const ask = async (): Promise<string> =>
    await converse(inside.port, READY.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  assert.match(await ask(), /^HTTP\/1.1 200 [^]*\{"ready":true\}$/)
  state.ready = false
  assert.match(await ask(), /^HTTP\/1.1 503 [^]*\{"ready":false\}$/)
  assert.deepEqual(inside.requests, [])
  await inside.emptied()
})

test(
  'a door that leaves serves who is inside, also a next request, and then lets nobody in',
  BOUNDED,
  async (t) => {
    let aheadMs = 0
    const now = performance.now.bind(performance)
    t.mock.method(performance, 'now', () => now() + aheadMs)
    const held = Promise.withResolvers<void>()
    await using inside = await openDoor(async ({ query }) => {
      if (query === 'slow') await held.promise
      return answer()
    })
    using slow = await connectRaw(inside.port)
    using idle = await connectRaw(inside.port)
    slow.write(GET.replace(' HTTP', '?slow HTTP'))
    idle.write(GET)
    assert.doesNotMatch(await idle.until(/ok$/), /connection: close/i)
    while (inside.requests.length < 2) await new Promise((resolve) => setImmediate(resolve))

    const left = inside.door.leave(NOTICE_MS, 60_000, NEVER)
    idle.write(GET)
    assert.match(await idle.ended(), /connection: close[^]*ok$/i, 'the second answer ends its connection')
    using late = await connectRaw(inside.port)
    late.write(GET)
    assert.match(await late.ended(), /connection: close[^]*ok$/i, 'who comes during the notice is served')

    assert.ok(await isOpen(inside.port))
    aheadMs = NOTICE_MS
    while (await isOpen(inside.port)) await new Promise((resolve) => setTimeout(resolve, 20))
    held.resolve()
    assert.match(await slow.ended(), /connection: close[^]*ok$/i, 'the running call finishes')
    await left
    while (inside.door.load.connections > 0) await new Promise((resolve) => setImmediate(resolve))
  },
)

test('without callers a door leaves at once, and when there is no time it cuts', BOUNDED, async () => {
  await using quiet = await openDoor()
  await quiet.door.leave(60_000, 60_000, NEVER)

  await using busy = await openDoor(async () => await new Promise(() => undefined))
  using slow = await connectRaw(busy.port)
  slow.write(GET)
  while (busy.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const atOnce = new AbortController()
  const left = busy.door.leave(60_000, 60_000, atOnce.signal)
  atOnce.abort()
  await left
  assert.equal(await slow.ended(), '')
})

/** Whether the port still takes connections. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isTaken = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isTaken
}
