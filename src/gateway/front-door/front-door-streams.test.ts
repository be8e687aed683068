import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { suite, test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import { answer, CALLER_LINES, connectRaw, converse, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const head = (method: string, lines = ''): string =>
  `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}${lines}\r\n`

const MIB = 1_048_576

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function streamOf(request: FrontDoorRequest): AsyncIterable<Uint8Array> {
  assert.ok(request.body !== null && !Buffer.isBuffer(request.body))
  return request.body
}

suite('streams', () => {
  test('64 MiB each way arrive byte for byte, and never more than a few reads are held', async () => {
    const size = 64 * MIB
    const block = Buffer.alloc(65_536, 'wusla ')
    const expected = createHash('sha256')
    for (let i = 0; i < size / block.length; i += 1) expected.update(block)
    const digest = expected.digest('hex')
    const arrived = createHash('sha256')
    let most = 0
    await using open = await openDoor(async (request) => {
      for await (const run of streamOf(request)) {
        arrived.update(run)
        most = Math.max(most, open.door.load.waitingBytes)
      }
      async function* body(): AsyncGenerator<Buffer> {
        for (let i = 0; i < size / block.length; i += 1) {
          yield block
          most = Math.max(most, open.door.load.unsentBytes)
        }
      }
      return answer({ body: body(), headerBlock: `wusla-content-length:${size}\r\n` })
    })
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'x-road-client': 'AE-DU/GOV/RTA/LICENSING' }
      const outgoing = httpRequest({
        port: open.port,
        path: SERVICE_PATH,
        method: 'PUT',
        headers,
        agent: false,
      })
      outgoing.on('response', resolve).on('error', reject)
      const write = (sent: number): void => {
        for (let i = sent; i < size / block.length; i += 1) {
          if (!outgoing.write(block)) return void outgoing.once('drain', () => write(i + 1))
        }
        outgoing.end()
      }
      write(0)
    })
    assert.equal(incoming.headers['content-length'], String(size))
    const returned = createHash('sha256')
    for await (const run of incoming) {
      returned.update(run as Buffer)
      if (Math.random() < 0.02) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    assert.equal(arrived.digest('hex'), digest)
    assert.equal(returned.digest('hex'), digest)
    assert.ok(most <= 512 * 1024, `${most} bytes held`)
    await open.emptied()
  })

  test('a slow outbound side stops the client, not the gateway', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>()
    let bytes = 0
    await using open = await openDoor(async (request) => {
      const body = streamOf(request)
      await go
      for await (const run of body) bytes += run.length
      return answer()
    })
    using client = await connectRaw(open.port)
    client.write(head('POST', `Content-Length: ${16 * MIB}\r\n`))
    client.socket.write(Buffer.alloc(16 * MIB))
    let still = 0
    // Until nothing has moved for a while: the door has taken what it takes.
    for (let last = -1; still < 50; last = client.socket.bytesWritten - client.socket.writableLength) {
      await turn()
      still = open.door.load.waitingBytes > 0 && client.socket.writableLength > 0 ? still + 1 : 0
      assert.ok(last < 16 * MIB)
    }
    assert.ok(open.door.load.waitingBytes <= 512 * 1024, `${open.door.load.waitingBytes} bytes held`)
    resolve()
    await client.until(/ok$/)
    assert.equal(bytes, 16 * MIB)
    await open.emptied()
  })

  test('a slow client stops the answer, and other clients are served meanwhile', async () => {
    let produced = 0
    async function* body(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 256; i += 1) {
        produced += 65_536
        yield Buffer.alloc(65_536)
      }
    }
    await using open = await openDoor((request) => answer(request.path === '/big' ? { body: body() } : {}))
    using slow = await connectRaw(open.port)
    slow.socket.pause()
    slow.write(head('GET', 'Connection: close\r\n').replace(' HTTP', '/big HTTP'))
    while (open.door.load.unsentBytes === 0) await turn()
    const other = await converse(open.port, head('GET', 'Connection: close\r\n'))
    assert.match(other, /ok$/)
    const before = produced
    for (let i = 0; i < 50; i += 1) await turn()
    assert.equal(produced, before)
    assert.ok(produced < 16 * MIB)
    assert.ok(open.door.load.unsentBytes <= 256 * 1024)
    slow.socket.resume()
    await slow.ended()
    assert.equal(produced, 16 * MIB)
    await open.emptied()
  })

  test('an answer that fails midway never looks whole', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('hello')
      await turn()
      throw new WuslaError('body_mismatch')
    }
    async function* short(): AsyncGenerator<Buffer> {
      yield Buffer.from('hello')
    }
    const told = { headerBlock: 'wusla-content-length:11\r\n' }
    const cases = [{ body: failing() }, { body: failing(), ...told }, { body: short(), ...told }]
    for (const changes of cases) {
      const finished: string[] = []
      await using open = await openDoor(() => answer({ ...changes, finished: (how) => finished.push(how) }))
      const cut = await new Promise<string>((resolve) => {
        const headers = { 'x-road-client': 'AE-DU/GOV/RTA/LICENSING' }
        const outgoing = httpRequest({ port: open.port, path: SERVICE_PATH, headers, agent: false })
        outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
        outgoing.on('response', (incoming) => {
          incoming.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
          incoming.on('end', () => resolve('end'))
          incoming.resume()
        })
        outgoing.end()
      })
      assert.equal(cut, 'ECONNRESET')
      await open.emptied()
      assert.deepEqual(finished, ['interrupted'])
    }
  })
})
