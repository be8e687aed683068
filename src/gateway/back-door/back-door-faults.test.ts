import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { BackDoor } from './back-door.ts'
import type { BackDoorAnswer } from './back-door-request.ts'
import {
  emptied,
  failure,
  readAll,
  request,
  startBackend,
  startRawBackend,
  streamOf,
  wholeText,
} from './testing/backend.ts'

/** How often a door looks at its clock. */
const TICK_MS = 100

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

/** Moves the clock of a door by hand, so that no stall of this machine is taken for one of a backend. */
function handClock(t: TestContext): (byMs: number) => void {
  let nowMs = performance.now()
  t.mock.method(performance, 'now', () => nowMs)
  t.mock.timers.enable({ apis: ['setInterval'] })
  return (byMs) => {
    nowMs += byMs
    t.mock.timers.tick(TICK_MS)
  }
}

test('nobody listens: unreachable, and nothing was sent', async () => {
  let url = ''
  {
    await using gone = await startBackend(() => undefined)
    url = gone.url
  }
  await using door = new BackDoor()
  const error = await failure(door.callService({ url }, request()))
  assert.deepEqual(
    [error.code, error.details],
    ['backend_unreachable', { reason: 'ECONNREFUSED', sent: false }],
  )
  assert.equal(door.load.calls, 0)
})

test('an unknown host is unreachable', async () => {
  await using door = new BackDoor()
  const error = await failure(door.callService({ url: 'http://backend.invalid' }, request()))
  assert.equal(error.code, 'backend_unreachable')
  assert.equal(error.details['sent'], false)
})

test('a backend that is silent is timed out', async () => {
  await using backend = await startBackend(() => undefined)
  await using door = new BackDoor()
  const error = await failure(door.callService({ url: backend.url, answerTimeoutMs: 50 }, request()))
  assert.deepEqual([error.code, error.details['sent']], ['backend_timeout', true])
  assert.equal(door.load.calls, 0)
})

test('a backend that falls silent in its answer is timed out', async (t) => {
  const pass = handClock(t)
  await using backend = await startBackend((_, response) => {
    response.writeHead(200, { 'content-length': '100000' }).write('a part')
  })
  await using door = new BackDoor()
  const answer = await door.callService({ url: backend.url, answerTimeoutMs: 10_000 }, request())
  const runs = streamOf(answer)[Symbol.asyncIterator]()
  assert.equal(String((await runs.next()).value), 'a part')
  const next = failure(runs.next())
  await turn()
  pass(9_000)
  await turn()
  assert.equal(door.load.calls, 1, 'it has its time')
  pass(20_000)
  assert.equal((await next).code, 'backend_timeout')
  await emptied(door)
})

test('a backend that takes nothing of a body is timed out', async () => {
  await using deaf = await startRawBackend((socket) => void socket.pause())
  await using door = new BackDoor()
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(65_536)
  }
  const call = request({ method: 'POST', body: endless() })
  const error = await failure(door.callService({ url: deaf.url, answerTimeoutMs: 100 }, call))
  assert.equal(error.code, 'backend_timeout')
  await emptied(door)
})

test('a consumer that sends slowly is not timed out', async (t) => {
  const pass = handClock(t)
  await using patient = await startBackend((incoming, response) => {
    incoming.resume().on('end', () => response.writeHead(200, { 'content-length': '2' }).end('ok'))
  })
  await using door = new BackDoor()
  async function* slow(): AsyncGenerator<Buffer> {
    for (const text of ['a', 'b', '']) {
      yield Buffer.from(text)
      await turn()
      pass(60_000)
      await turn()
    }
  }
  const answer = await door.callService(
    { url: patient.url, answerTimeoutMs: 10_000 },
    request({ method: 'POST', body: slow() }),
  )
  assert.equal(wholeText(answer), 'ok')
  await emptied(door)
})

test('bytes that are no HTTP answer, or two answers at once, are refused', async () => {
  const answers = [
    'hello\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  ]
  for (const bytes of answers) {
    await using backend = await startRawBackend((socket) => socket.end(bytes, 'latin1'))
    await using door = new BackDoor()
    const error = await failure(
      door.callService({ url: backend.url }, request({ method: 'POST' })).then(({ body }) => readAll(body)),
    )
    assert.equal(error.code, 'backend_http_error', bytes.slice(0, 80))
    await emptied(door)
  }
})

test('an answer that breaks off is never taken for a whole one', async () => {
  for (const head of ['Content-Length: 9', 'Content-Length: 100000', 'Transfer-Encoding: chunked']) {
    await using backend = await startRawBackend((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n4\r\nwhol`)
    })
    await using door = new BackDoor()
    const call = door
      .callService({ url: backend.url }, request({ method: 'POST' }))
      .then(async ({ body }) => {
        assert.ok(body !== null && !Buffer.isBuffer(body))
        for await (const run of body) assert.ok(run)
      })
    assert.equal((await failure(call)).code, 'backend_http_error', head)
    await emptied(door)
  }
})

test('an idempotent call is repeated once when a kept connection was closed under it', async () => {
  await using backend = await startRawBackend((socket, count) => {
    if (count === 2) socket.destroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  await using door = new BackDoor()
  const target = { url: backend.url }
  assert.equal(wholeText(await door.callService(target, request())), 'ok')
  assert.equal(wholeText(await door.callService(target, request({ method: 'PUT' }))), 'ok')
})

test('a call that may have had an effect is not repeated', async () => {
  let calls = 0
  await using backend = await startRawBackend((socket, count) => {
    calls = count
    if (count === 2) socket.destroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  await using door = new BackDoor()
  const target = { url: backend.url }
  await door.callService(target, request())
  const error = await failure(door.callService(target, request({ method: 'POST' })))
  assert.deepEqual([error.code, error.details['sent']], ['backend_http_error', true])
  assert.equal(calls, 2)
})

test('bytes behind an answer are never taken for the next answer', async () => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  await using backend = await startRawBackend((socket, count) => {
    if (count === 1) socket.write(answer + forged)
    else if (count === 2) socket.write(answer, () => socket.write(forged))
    else socket.write(answer)
  })
  await using door = new BackDoor({ maxConnectionsPerService: 1 })
  const call = (): Promise<BackDoorAnswer> =>
    door.callService({ url: backend.url }, request({ method: 'POST' }))
  // The second waits for the connection of the first.
  for (const each of await Promise.all([call(), call()])) assert.equal(wholeText(each), 'ok')
  // Until the forged answer has come, and the connection it came on is gone.
  while (door.load.connections > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(wholeText(await call()), 'ok')
})
