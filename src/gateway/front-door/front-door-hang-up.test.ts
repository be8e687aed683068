import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import { answer, CALLER_LINES, connectRaw, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const head = (method: string, lines = ''): string =>
  `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}${lines}\r\n`

const MIB = 1_048_576

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function streamOf(request: FrontDoorRequest): AsyncIterable<Uint8Array> {
  assert.ok(request.body !== null && !Buffer.isBuffer(request.body))
  return request.body
}

suite('clients that hang up', () => {
  test('while the answer is awaited: the signal fires at once', async () => {
    const aborted = Promise.withResolvers<unknown>()
    const waiting = Promise.withResolvers<void>()
    await using open = await openDoor((request) => {
      waiting.resolve()
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => {
          aborted.resolve(request.signal.reason)
          reject(request.signal.reason as Error)
        })
      })
    })
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    await waiting.promise
    client.socket.destroy()
    const reason = await aborted.promise
    assert.ok(isWuslaError(reason))
    assert.equal(reason.code, 'stream_cancelled')
    await open.emptied()
    assert.deepEqual(open.events, [])
  })

  test('politely (FIN) while the answer is awaited: the same', async () => {
    const aborted = Promise.withResolvers<void>()
    await using open = await openDoor((request) => {
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => {
          aborted.resolve()
          reject(request.signal.reason as Error)
        })
      })
    })
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    while (open.requests.length === 0) await turn()
    client.socket.end()
    await aborted.promise
    await open.emptied()
  })

  test('in the middle of a small body: nothing is sent', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(`${head('POST', 'Content-Length: 10\r\n')}hello`)
    while (open.door.load.calls === 0) await turn()
    client.socket.destroy()
    await open.emptied()
    assert.equal(open.requests.length, 0)
  })

  for (const lines of [`Content-Length: ${MIB}\r\n`, 'Transfer-Encoding: chunked\r\n']) {
    test(`in the middle of a streamed body (${lines.trim()}): its reader is told, nothing is held`, async () => {
      const failed = Promise.withResolvers<unknown>()
      await using open = await openDoor(async (request) => {
        try {
          for await (const run of streamOf(request)) assert.ok(run)
          failed.resolve('complete')
        } catch (error) {
          failed.resolve(error)
          throw error
        }
        return answer()
      })
      using client = await connectRaw(open.port)
      client.write(`${head('POST', lines)}8000\r\n${'x'.repeat(32_768)}`)
      while (open.requests.length === 0) await turn()
      client.socket.destroy()
      const error = await failed.promise
      assert.ok(isWuslaError(error))
      assert.equal(error.code, 'stream_cancelled')
      await open.emptied()
      assert.equal(open.requests[0]?.signal.aborted, true)
    })
  }

  test('with a body that nobody reads: what it filled is freed', async () => {
    await using open = await openDoor((request) => {
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))
      })
    })
    using client = await connectRaw(open.port)
    client.write(head('POST', `Content-Length: ${MIB}\r\n`))
    client.socket.write(Buffer.alloc(MIB))
    while (open.door.load.waitingBytes < 100_000) await turn()
    client.socket.resetAndDestroy()
    await open.emptied()
  })

  test('in the middle of the answer: its source is let go, also while it waits', async () => {
    const released = Promise.withResolvers<void>()
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        let count = 0
        return {
          next: () => {
            count += 1
            if (count === 1) return Promise.resolve({ done: false, value: Buffer.from('first') })
            return new Promise<never>(() => undefined)
          },
          return: () => {
            released.resolve()
            return Promise.resolve({ done: true as const, value: undefined })
          },
        }
      },
    }
    const finished = Promise.withResolvers<string>()
    await using open = await openDoor(() => answer({ body, finished: finished.resolve }))
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    await client.until(/first/)
    client.socket.destroy()
    await released.promise
    assert.equal(await finished.promise, 'interrupted')
    await open.emptied()
    assert.equal(open.requests[0]?.signal.aborted, true)
  })

  test('before the answer was made: its body is let go unread', async () => {
    const released = Promise.withResolvers<void>()
    const { promise: go, resolve } = Promise.withResolvers<void>()
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('nobody should read')),
        return: () => {
          released.resolve()
          return Promise.resolve({ done: true as const, value: undefined })
        },
      }),
    }
    await using open = await openDoor(async () => {
      await go
      return answer({ body })
    })
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    while (open.requests.length === 0) await turn()
    client.socket.destroy()
    while (open.door.load.connections > 0) await turn()
    resolve()
    await released.promise
    await open.emptied()
  })

  test('a client that keeps its connection and does not hang up aborts nothing', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    await client.until(/ok$/)
    await open.emptied()
    client.socket.destroy()
    while (open.door.load.connections > 0) await turn()
    assert.equal(open.requests[0]?.signal.aborted, false)
  })
})
