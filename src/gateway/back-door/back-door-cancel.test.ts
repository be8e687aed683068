import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { BackDoor } from './back-door.ts'
import { Cancellation } from './cancellation.ts'
import {
  emptied,
  failure,
  request,
  startBackend,
  startRawBackend,
  streamOf,
  wholeText,
} from './testing/backend.ts'

test('a caller that gives up ends the call at once', async () => {
  const arrived = Promise.withResolvers<IncomingMessage>()
  await using backend = await startBackend((incoming) => arrived.resolve(incoming))
  await using door = new BackDoor()
  const cancellation = new Cancellation()
  const call = door.callService({ url: backend.url }, request(), cancellation)
  const { socket } = await arrived.promise
  const closed = new Promise((resolve) => socket.on('close', resolve))
  cancellation.cancel()
  assert.equal((await failure(call)).code, 'stream_cancelled')
  await closed
  assert.equal(door.load.calls, 0)
  const late = door.callService({ url: backend.url }, request(), cancellation)
  assert.equal((await failure(late)).code, 'stream_cancelled')
  assert.equal(door.load.calls, 0)
})

test('what is called off before it begins reaches no backend, also where a connection is kept', async () => {
  let requests = 0
  await using backend = await startBackend((_, response) => {
    requests += 1
    response.end('ok')
  })
  await using door = new BackDoor()
  const target = { url: backend.url }
  assert.equal(wholeText(await door.callService(target, request())), 'ok')
  const cancellation = new Cancellation()
  cancellation.cancel()
  assert.equal((await failure(door.callService(target, request(), cancellation))).code, 'stream_cancelled')
  assert.equal(wholeText(await door.callService(target, request())), 'ok')
  assert.equal(requests, 2)
})

test('a second attempt can be called off as the first could', async () => {
  const cancellation = new Cancellation()
  const second = Promise.withResolvers<void>()
  await using backend = await startRawBackend((socket, count) => {
    if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    else if (count === 2) socket.destroy()
    else second.resolve()
  })
  await using door = new BackDoor()
  const target = { url: backend.url }
  assert.equal(wholeText(await door.callService(target, request())), 'ok')
  const call = door.callService(target, request(), cancellation)
  await second.promise
  cancellation.cancel()
  assert.equal((await failure(call)).code, 'stream_cancelled')
  await emptied(door)
})

test('a caller that gives up while the answer runs ends it, and nothing stays behind', async () => {
  const arrived = Promise.withResolvers<Socket>()
  await using backend = await startBackend((incoming, response) => {
    arrived.resolve(incoming.socket)
    response.writeHead(200).write(Buffer.alloc(1_000_000))
  })
  await using door = new BackDoor()
  const cancellation = new Cancellation()
  const answer = await door.callService({ url: backend.url }, request(), cancellation)
  const body = streamOf(answer)
  const socket = await arrived.promise
  const closed = new Promise((resolve) => socket.on('close', resolve))
  const read = async (): Promise<void> => {
    for await (const run of body) if (run.length > 0) cancellation.cancel()
  }
  assert.equal((await failure(read())).code, 'stream_cancelled')
  await closed
  await emptied(door)
})

test('leaving the answer early cuts the connection', async () => {
  const arrived = Promise.withResolvers<Socket>()
  await using backend = await startBackend((incoming, response) => {
    arrived.resolve(incoming.socket)
    response.writeHead(200).write(Buffer.alloc(1_000_000))
  })
  await using door = new BackDoor()
  const body = streamOf(await door.callService({ url: backend.url }, request()))
  const socket = await arrived.promise
  const closed = new Promise((resolve) => socket.on('close', resolve))
  for await (const run of body) if (run.length > 0) break
  await closed
  await emptied(door)
})

for (const headers of [[], ['wusla-content-length', '200000']]) {
  test(`a body that fails looks broken off to the backend (${headers.length === 0 ? 'chunked' : 'fixed'})`, async () => {
    const seen = Promise.withResolvers<string>()
    await using backend = await startBackend((incoming) => {
      incoming.on('end', () => seen.resolve('end'))
      incoming.on('error', () => seen.resolve('broken off'))
      incoming.resume()
    })
    await using door = new BackDoor()
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(100_000)
      await new Promise((resolve) => setImmediate(resolve))
      throw new WuslaError('body_mismatch')
    }
    const call = door.callService({ url: backend.url }, request({ method: 'POST', headers, body: body() }))
    assert.equal((await failure(call)).code, 'body_mismatch')
    assert.equal(await seen.promise, 'broken off')
    await emptied(door)
  })
}

test('a body that is shorter or longer than declared looks broken off', async () => {
  for (const declared of ['99999', '100001']) {
    const seen = Promise.withResolvers<string>()
    await using backend = await startBackend((incoming, response) => {
      incoming.on('end', () => seen.resolve('end'))
      incoming.on('error', () => seen.resolve('broken off'))
      incoming.resume()
      response.on('error', () => undefined)
    })
    await using door = new BackDoor()
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(50_000)
      yield Buffer.alloc(50_000)
    }
    const headers = ['wusla-content-length', declared]
    await failure(door.callService({ url: backend.url }, request({ method: 'POST', headers, body: body() })))
    assert.equal(await seen.promise, 'broken off', declared)
  }
})

test('giving up lets go of a body that waits for its consumer', async () => {
  await using backend = await startBackend((incoming) => void incoming.resume())
  await using door = new BackDoor()
  const released = Promise.withResolvers<void>()
  const waiting = Promise.withResolvers<void>()
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        waiting.resolve()
        return new Promise<IteratorResult<Uint8Array>>(() => undefined)
      },
      return: () => {
        released.resolve()
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const cancellation = new Cancellation()
  const call = door.callService({ url: backend.url }, request({ method: 'POST', body }), cancellation)
  await waiting.promise
  cancellation.cancel()
  assert.equal((await failure(call)).code, 'stream_cancelled')
  await released.promise
})

test('an answer may come before the request is complete; the upload then ends', async () => {
  await using backend = await startBackend((_, response) => {
    response.writeHead(413, { 'content-length': '3' }).end('big')
  })
  await using door = new BackDoor()
  const released = Promise.withResolvers<void>()
  async function* body(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.alloc(65_536)
    } finally {
      released.resolve()
    }
  }
  const answer = await door.callService({ url: backend.url }, request({ method: 'POST', body: body() }))
  assert.deepEqual([answer.status, wholeText(answer)], [413, 'big'])
  await released.promise
  await emptied(door)
  // The rest of the body is still owed on that connection: it must not carry another request.
  const next = await door.callService({ url: backend.url }, request())
  assert.equal(next.status, 413)
})

test('closing the door ends what is under way, also what is still being connected', async () => {
  await using backend = await startBackend(() => undefined)
  const door = new BackDoor({ maxConnectionsPerService: 1 })
  const calls = [0, 1].map(() => failure(door.callService({ url: backend.url }, request({ method: 'POST' }))))
  await door[Symbol.asyncDispose]()
  for (const error of await Promise.all(calls)) assert.equal(error.code, 'stream_cancelled')
  await emptied(door)
})
