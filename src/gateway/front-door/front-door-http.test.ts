import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answer, CALLER_LINES, connectRaw, converse, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const head = (method: string, lines = ''): string =>
  `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}${lines}\r\n`

suite('bodies of answers', () => {
  test('HEAD tells the length that GET would bring, if it is known', async () => {
    await using inside = await openDoor((request) =>
      answer({
        body: request.path === '/empty' ? Buffer.alloc(0) : null,
        headerBlock: request.query === 'known' ? 'wusla-content-length:70000\r\nETag:"1"\r\n' : '',
      }),
    )
    const known = head('HEAD', 'Connection: close\r\n').replace(' HTTP', '?known HTTP')
    const text = await converse(inside.port, known)
    assert.match(text, /\r\ncontent-length: 70000\r\n/i)
    assert.ok(text.endsWith('\r\n\r\n'))
    const empty = await converse(inside.port, known.replace('?known', '/empty?known'))
    assert.match(empty, /\r\ncontent-length: 70000\r\n/i)
    const unknown = await converse(inside.port, head('HEAD', 'Connection: close\r\n'))
    assert.doesNotMatch(unknown, /content-length|transfer-encoding/i)
    assert.ok(unknown.endsWith('\r\n\r\n'))
  })

  test('204 and 304 have none, whatever comes from the other side', async () => {
    for (const status of [204, 304]) {
      await using inside = await openDoor(() => answer({ status, body: Buffer.from('x'), bodyBytes: 1 }))
      const text = await converse(inside.port, `${head('GET')}${head('GET', 'Connection: close\r\n')}`)
      assert.equal(text.match(new RegExp(`^HTTP/1.1 ${status} `, 'gm'))?.length, 2)
      assert.doesNotMatch(text, /transfer-encoding/i)
      assert.ok(text.endsWith('\r\n\r\n'))
    }
  })

  test('a streamed body has its length if it is known, else it is chunked', async () => {
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.from('hello ')
      yield Buffer.alloc(0)
      yield Buffer.from('world')
    }
    await using inside = await openDoor((request) => {
      const known = { headerBlock: 'wusla-content-length:11\r\n' }
      return answer({ body: body(), ...(request.query === 'known' ? known : {}) })
    })
    const chunked = await converse(inside.port, head('GET', 'Connection: close\r\n'))
    assert.match(chunked, /transfer-encoding: chunked/i)
    assert.match(chunked, /\r\n\r\n(?:6\r\nhello \r\n5\r\nworld|b\r\nhello world)\r\n0\r\n\r\n$/)
    const known = await converse(
      inside.port,
      head('GET', 'Connection: close\r\n').replace(' HTTP', '?known HTTP'),
    )
    assert.match(known, /content-length: 11/i)
    assert.ok(known.endsWith('\r\n\r\nhello world'))
    const old = `GET ${SERVICE_PATH} HTTP/1.0\r\n${CALLER_LINES}\r\n`
    const plain = await converse(inside.port, old)
    assert.doesNotMatch(plain, /chunked/i)
    assert.ok(plain.endsWith('\r\n\r\nhello world'))
    await inside.emptied()
  })
})

suite('connections', () => {
  test('pipelined requests are served one after the other and answered in order', async () => {
    let inside = 0
    await using open = await openDoor(async (request) => {
      inside += 1
      assert.equal(inside, 1)
      await new Promise((resolve) => setImmediate(resolve))
      inside -= 1
      return answer({ body: Buffer.from(request.path) })
    })
    const requests = Array.from({ length: 50 }, (_, i) =>
      head('POST', 'Content-Length: 2\r\n').replace(' HTTP', `/${i} HTTP`),
    )
    using client = await connectRaw(open.port)
    client.write(`${requests.join('ab')}ab`)
    const text = await client.until(/\/49$/)
    const bodies = [...text.matchAll(/\r\n\r\n\/(\d+)/g)].map((match) => Number(match[1]))
    assert.deepEqual(
      bodies,
      Array.from({ length: 50 }, (_, i) => i),
    )
    assert.ok(open.requests.every(({ body }) => Buffer.isBuffer(body) && body.toString() === 'ab'))
  })

  test('a client that sends ever more requests ahead is not read any further', async () => {
    await using open = await openDoor(() => new Promise(() => undefined))
    using client = await connectRaw(open.port)
    const far = 64 * 1_048_576
    client.socket.write(Buffer.alloc(far, head('GET')))
    let still = 0
    for (let left = far; still < 20; still = client.socket.writableLength === left ? still + 1 : 0) {
      left = client.socket.writableLength
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.ok(client.socket.writableLength > 0)
    assert.equal(open.requests.length, 1)
  })

  test('a request to switch to another protocol is served as HTTP', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(head('GET', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
    assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK/)
    assert.deepEqual(open.requests[0]?.rawHeaders, ['X-Road-Client', 'AE-DU/GOV/RTA/LICENSING'])
  })

  test('CONNECT opens nothing', async () => {
    await using open = await openDoor()
    assert.doesNotMatch(await converse(open.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'), / 200 /)
    assert.equal(open.requests.length, 0)
  })
})

suite('Expect: 100-continue', () => {
  const lines = 'Content-Length: 5\r\nExpect: 100-continue\r\n'

  test('a client is told to go on when its call is admitted', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(head('POST', lines))
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    client.write('hello')
    await client.until(/ok$/)
    assert.deepEqual(open.requests[0]?.body, Buffer.from('hello'))
  })

  test('a refused client keeps its body', async () => {
    await using open = await openDoor()
    const text = await converse(open.port, head('POST', lines).replace('LICENSING', 'STRANGER'))
    assert.match(text, /^HTTP\/1\.1 500 /)
    assert.match(text, /connection: close/i)
  })

  test('for a streamed body it is told when somebody begins to read', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>()
    let bytes = 0
    await using open = await openDoor(async ({ body }) => {
      await go
      assert.ok(body !== null && !Buffer.isBuffer(body))
      for await (const run of body) bytes += run.length
      return answer()
    })
    using client = await connectRaw(open.port)
    client.write(head('POST', 'Content-Length: 100000\r\nExpect: 100-continue\r\n'))
    while (open.requests.length === 0) await new Promise((wait) => setImmediate(wait))
    assert.equal(client.received(), '')
    resolve()
    await client.until(/100 Continue\r\n\r\n$/)
    client.write('x'.repeat(100_000))
    await client.until(/ok$/)
    assert.equal(bytes, 100_000)
  })

  test('an upload that is denied unread costs the client nothing', async () => {
    await using open = await openDoor(() => answer({ status: 403 }))
    const text = await converse(open.port, head('POST', 'Content-Length: 100000\r\nExpect: 100-continue\r\n'))
    assert.match(text, /^HTTP\/1\.1 403 /)
    await open.emptied()
  })

  test('another expectation cannot be met', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(head('GET', 'Expect: miracles\r\n'))
    assert.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 400 /)
  })
})
