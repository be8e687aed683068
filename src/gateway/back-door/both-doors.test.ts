import assert from 'node:assert/strict'
import { createHash, hash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { suite, test } from 'node:test'
import { formatHeaderBlock, parseHeaderBlock } from '../../protocol/head.ts'
import { FrontDoor } from '../front-door/front-door.ts'
import type { SendExchange } from '../front-door/front-door-request.ts'
import { BackDoor } from './back-door.ts'
import { cancelledBy, startBackend } from './testing/backend.ts'

/** The file the backend serves, and what clients expect of it. */
const FILE = Buffer.alloc(3 * 1_048_576 + 17, 'the quick brown fox ')

const fileServer: RequestListener = (request, response) => {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  response.setHeader('accept-ranges', 'bytes').setHeader('etag', '"fox"')
  if (request.headers['if-none-match'] === '"fox"') {
    response.writeHead(304).end()
  } else if (range === null) {
    response.writeHead(200, { 'content-length': FILE.length }).end(FILE)
  } else {
    const [first, last] = [Number(range[1]), Number(range[2])]
    const part = FILE.subarray(first, last + 1)
    const headers = {
      'content-length': part.length,
      'content-range': `bytes ${first}-${last}/${FILE.length}`,
    }
    response.writeHead(206, headers).end(part)
  }
}

const echoServer: RequestListener = (request, response) => {
  const digest = createHash('sha256')
  let bytes = 0
  const length = request.headers['content-length']
  response.writeHead(200, {
    'x-method': request.method,
    ...(length === undefined ? {} : { 'content-length': length }),
  })
  request.on('data', (run: Buffer) => {
    bytes += run.length
    digest.update(run)
    if (!response.write(run)) request.pause()
  })
  response.on('drain', () => request.resume())
  request.on('end', () => response.end())
  request.on('error', () => response.destroy())
}

interface Pair extends AsyncDisposable {
  readonly port: number
  emptied(): Promise<void>
}

/** A mapped port, both doors and a backend, with nothing between the doors but the forms in which things travel. */
async function openPair(listener: RequestListener): Promise<Pair> {
  const backend = await startBackend(listener)
  const back = new BackDoor()
  const target = { url: backend.url }
  const send: SendExchange = async ({ client, service, method, path, query, rawHeaders, body, signal }) => {
    const headers = parseHeaderBlock(formatHeaderBlock(rawHeaders, new Set(), []))
    const caller = {
      client,
      service,
      messageId: 'm',
      exchange: 'e',
      agreement: 'open',
      dataClass: 'open',
    } as const
    const request = { caller, method, path, query, headers, body }
    const answer = await back.callService(target, request, cancelledBy(signal))
    const headerBlock = answer.headers.headerBlock
    return { status: answer.status, headerBlock, body: answer.body, exchange: 'e', messageId: 'm' }
  }
  const front = await FrontDoor.open({
    clients: [],
    mappedPorts: [{ port: 0, client: 'AE-DU/GOV/RTA/LICENSING', service: 'AE-DU/COM/MORO/CLOUD/files' }],
    send,
    onEvent: () => undefined,
  })
  return {
    port: front.mappedPorts[0] ?? 0,
    async emptied(): Promise<void> {
      const held = (): number => {
        const { calls, waitingBytes, unsentBytes } = front.load
        return calls + waitingBytes + unsentBytes + back.load.calls + back.load.waitingBytes
      }
      while (held() > 0) await new Promise((resolve) => setImmediate(resolve))
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await front.close(0)
      await back[Symbol.asyncDispose]()
      await backend[Symbol.asyncDispose]()
    },
  }
}

interface Reply {
  readonly incoming: IncomingMessage
  readonly body: Buffer
}

type Options = Readonly<{
  method?: string
  headers?: Record<string, string>
  body?: Buffer
  slowly?: boolean
}>

function call(
  port: number,
  { method = 'GET', headers = {}, body, slowly = false }: Options = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ port, path: '/file', method, headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      const runs: Buffer[] = []
      incoming.on('data', (run: Buffer) => {
        runs.push(run)
        if (!slowly) return
        incoming.pause()
        setTimeout(() => incoming.resume(), 2)
      })
      incoming.on('error', reject)
      incoming.on('end', () => resolve({ incoming, body: Buffer.concat(runs) }))
    })
    if (headers['expect'] === undefined) void pour()
    else outgoing.on('continue', () => void pour())
    async function pour(): Promise<void> {
      const bytes = body ?? Buffer.alloc(0)
      for (let at = 0; at < bytes.length; at += 50_000) {
        const goesOn = outgoing.write(bytes.subarray(at, at + 50_000))
        if (slowly) await new Promise((wait) => setTimeout(wait, 1))
        else if (!goesOn) await new Promise((wait) => outgoing.once('drain', wait))
      }
      outgoing.end()
    }
  })
}

suite('through both doors', () => {
  test('whole, in parts, unchanged, and only its head', async () => {
    await using pair = await openPair(fileServer)
    const whole = await call(pair.port)
    assert.equal(whole.incoming.headers['content-length'], String(FILE.length))
    assert.ok(whole.body.equals(FILE))
    const part = await call(pair.port, { headers: { range: 'bytes=1000000-2000000' } })
    assert.equal(part.incoming.statusCode, 206)
    assert.equal(part.incoming.headers['content-range'], `bytes 1000000-2000000/${FILE.length}`)
    assert.ok(part.body.equals(FILE.subarray(1_000_000, 2_000_001)))
    const small = await call(pair.port, { headers: { range: 'bytes=5-9' } })
    assert.deepEqual([small.incoming.statusCode, small.body.toString()], [206, 'uick '])
    const unchanged = await call(pair.port, { headers: { 'if-none-match': '"fox"' } })
    assert.deepEqual([unchanged.incoming.statusCode, unchanged.body.length], [304, 0])
    const head = await call(pair.port, { method: 'HEAD' })
    assert.equal(head.incoming.headers['content-length'], String(FILE.length))
    assert.equal(head.body.length, 0)
    await pair.emptied()
  })

  test('an upload that waits for 100 Continue', async () => {
    await using pair = await openPair(echoServer)
    for (const size of [10, 500_000]) {
      const body = Buffer.alloc(size, 'x')
      const headers = { expect: '100-continue', 'content-length': String(size) }
      assert.ok((await call(pair.port, { method: 'PUT', headers, body })).body.equals(body), String(size))
    }
    await pair.emptied()
  })

  test('many clients at once, of all methods and sizes, fixed and chunked, slow and fast, byte for byte', async () => {
    await using pair = await openPair(echoServer)
    const sizes = [0, 1, 100, 16_384, 16_385, 65_536, 300_000, 2_000_000]
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS']
    await Promise.all(
      Array.from({ length: 96 }, async (_, i) => {
        const size = sizes[i % sizes.length] ?? 0
        const method = methods[i % methods.length] ?? 'POST'
        const body = Buffer.alloc(size, `client ${i} `)
        const isFixed = i % 3 !== 0
        const headers: Record<string, string> = isFixed
          ? { 'content-length': String(size) }
          : { 'transfer-encoding': 'chunked' }
        const reply = await call(pair.port, { method, headers, body, slowly: i % 5 === 0 })
        assert.equal(reply.incoming.headers['x-method'], method)
        assert.equal(hash('sha256', reply.body), hash('sha256', body), `${method} ${size} ${isFixed}`)
      }),
    )
    await pair.emptied()
  })

  test('a client that hangs up lets go of the backend', async () => {
    const gone = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    await using pair = await openPair((request, response) => {
      response.on('close', () => gone.resolve())
      request.resume()
      arrived.resolve()
    })
    const outgoing = httpRequest({ port: pair.port, method: 'POST', agent: false })
    outgoing.on('error', () => undefined)
    outgoing.write('a part')
    await arrived.promise
    outgoing.destroy()
    await gone.promise
    await pair.emptied()
  })
})
