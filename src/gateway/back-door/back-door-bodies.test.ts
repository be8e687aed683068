import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { BackDoor } from './back-door.ts'
import type { BackDoorAnswer, BackDoorRequest } from './back-door-request.ts'
import { emptied, headerOf, readAll, request, startBackend, streamOf, wholeText } from './testing/backend.ts'

const sendWhole = (response: ServerResponse, body: string): void => {
  response.writeHead(200, { 'content-length': String(Buffer.byteLength(body)) }).end(body)
}

test('small bodies carry their length, whatever the method', async () => {
  await using backend = await startBackend((incoming, response) => {
    const { method, headers } = incoming
    incoming.setEncoding('utf8')
    let body = ''
    incoming.on('data', (text: string) => (body += text))
    incoming.on('end', () => sendWhole(response, `${method} ${headers['content-length']} ${body}`))
  })
  await using door = new BackDoor()
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS']) {
    const answer = await door.callService(
      { url: backend.url },
      request({ method, body: Buffer.from('{"a":1}') }),
    )
    assert.equal(wholeText(answer), `${method} 7 {"a":1}`)
  }
  const empty = await door.callService({ url: backend.url }, request({ method: 'POST' }))
  assert.equal(wholeText(empty), 'POST 0 ')
})

test('a streamed body has its length if the far door told it, else it is chunked', async () => {
  await using backend = await startBackend((incoming, response) => {
    let bytes = 0
    incoming.on('data', (run: Buffer) => (bytes += run.length))
    incoming.on('end', () => {
      const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers
      sendWhole(response, `${bytes} ${length} ${coding}`)
    })
  })
  await using door = new BackDoor()
  async function* body(): AsyncGenerator<Buffer> {
    for (let i = 0; i < 4; i += 1) yield Buffer.alloc(25_000, i)
  }
  const call = (changes: Partial<BackDoorRequest>): Promise<BackDoorAnswer> =>
    door.callService({ url: backend.url }, request({ method: 'PUT', body: body(), ...changes }))
  assert.equal(wholeText(await call({})), '100000 undefined chunked')
  assert.equal(wholeText(await call({ bodyBytes: 100_000 })), '100000 100000 undefined')
  const told = ['wusla-content-length', '100000']
  assert.equal(wholeText(await call({ headers: told })), '100000 100000 undefined')
})

test('answers without a body, with a length that nobody may count', async () => {
  await using backend = await startBackend((incoming, response) => {
    if (incoming.url === '/204') response.writeHead(204).end()
    else if (incoming.url === '/304')
      response.writeHead(304, { etag: '"1"', 'content-length': '70000' }).end()
    else response.writeHead(200, { 'content-length': '70000' }).end(Buffer.alloc(70_000))
  })
  await using door = new BackDoor()
  const target = { url: backend.url }
  const none = await door.callService(target, request({ path: '/204' }))
  assert.deepEqual([none.status, none.body], [204, null])
  const unchanged = await door.callService(target, request({ path: '/304' }))
  assert.deepEqual([unchanged.status, unchanged.body, headerOf(unchanged, 'etag')], [304, null, ['"1"']])
  assert.deepEqual(headerOf(unchanged, 'wusla-content-length'), [])
  const head = await door.callService(target, request({ method: 'HEAD' }))
  assert.deepEqual([head.body, head.bodyBytes], [null, 70_000])
  assert.deepEqual(headerOf(head, 'wusla-content-length'), ['70000'])
  const whole = await door.callService(target, request())
  assert.deepEqual(headerOf(whole, 'wusla-content-length'), ['70000'])
  assert.equal((await readAll(whole.body)).length, 70_000)
})

test('chunked answers: whole if they come at once, a stream if not', async () => {
  const { promise: go, resolve } = Promise.withResolvers<void>()
  await using backend = await startBackend((incoming, response) => {
    if (incoming.url === '/once') {
      response.write('one ')
      response.end('two')
      return
    }
    response.write('one ')
    void go.then(() => response.end('two'))
  })
  await using door = new BackDoor()
  const slow = await door.callService({ url: backend.url }, request({ path: '/slow' }))
  const stream = streamOf(slow)
  resolve()
  assert.equal((await readAll(stream)).toString(), 'one two')
  const once = await door.callService({ url: backend.url }, request({ path: '/once' }))
  assert.equal((await readAll(once.body)).toString(), 'one two')
  assert.deepEqual({ ...door.load, connections: 0 }, { calls: 0, waitingBytes: 0, connections: 0 })
})

test('64 MiB each way arrive byte for byte and never more than a few reads are held', async () => {
  const size = 64 * 1_048_576
  await using backend = await startBackend((incoming, response) => {
    response.writeHead(200, { 'content-length': String(size) })
    incoming.pipe(response)
  })
  await using door = new BackDoor()
  const block = Buffer.alloc(65_536, 'wusla ')
  const digest = hash('sha256', Buffer.concat(Array.from({ length: size / block.length }, () => block)))
  async function* upload(): AsyncGenerator<Buffer> {
    for (let i = 0; i < size / block.length; i += 1) yield block
  }
  const answer = await door.callService(
    { url: backend.url },
    request({ method: 'POST', body: upload(), bodyBytes: size }),
  )
  assert.equal(answer.bodyBytes, size)
  const runs: Uint8Array[] = []
  let most = 0
  for await (const run of streamOf(answer)) {
    runs.push(run)
    most = Math.max(most, door.load.waitingBytes)
    // A slow reader now and then: the backend has to wait, not our memory.
    if (runs.length % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  assert.equal(hash('sha256', Buffer.concat(runs)), digest)
  assert.ok(most <= 512 * 1024, `${most} bytes held`)
  await emptied(door)
})
