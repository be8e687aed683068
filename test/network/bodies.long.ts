import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { startCountingBackend } from './counting-backend.ts'
import { DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const CLIENTS = 200
const SIZES = [0, 1, 100, 16_384, 16_385, 300_000, 2_000_000] as const
const LARGE = 50 * 1024 * 1024
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Answers with the body it got, chunked or with a length as the request had it. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const length = request.headers['content-length']
  response.writeHead(200, length === undefined ? {} : { 'content-length': length })
  request.pipe(response)
}

test('200 concurrent clients of mixed methods and sizes get every body byte for byte; who hangs up frees everything', async () => {
  await using sandbox = await RunningSandbox.start()
  const backend = await startCountingBackend(echo)
  const { service } = await sandbox.offer('echo', backend.url, [{ method: '*', path: '/**' }])
  const url = sandbox.url(RTA, service, '/echo')
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    const size = index % 50 === 0 ? LARGE : (SIZES[index % SIZES.length] ?? 0)
    const method = METHODS[index % METHODS.length] ?? 'POST'
    const isSlow = index % 10 === 3
    if (index % 20 === 7) await hangUp(url, 4_000_000)
    else
      await roundTrip(url, {
        method,
        size,
        seed: index,
        isChunked: index % 3 === 0,
        isSlow: isSlow && size < 1_000_000,
      })
  })
  await Promise.all(clients)
  await untilTrue(async () => await isQuiet(sandbox, RTA))
  await untilTrue(async () => await isQuiet(sandbox, DEWA))
  await backend.close()
})

interface Trip {
  readonly method: string
  readonly size: number
  readonly seed: number
  readonly isChunked: boolean
  readonly isSlow: boolean
}

/** Bytes that tell where they are, so that a lost, doubled or swapped piece shows. */
function* pattern(size: number, seed: number): Generator<Buffer> {
  for (let at = 0; at < size;) {
    const piece = Buffer.alloc(Math.min(65_536, size - at))
    for (let i = 0; i < piece.length; i += 1) piece[i] = (((at + i) >>> 8) * 31 + (at + i) * 7 + seed) & 0xff
    at += piece.length
    yield piece
  }
}

async function* slowly(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 8_192) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      yield piece.subarray(at, at + 8_192)
    }
  }
}

function digestOf(size: number, seed: number): string {
  const hash = createHash('sha256')
  for (const piece of pattern(size, seed)) hash.update(piece)
  return hash.digest('hex')
}

async function roundTrip(url: string, { method, size, seed, isChunked, isSlow }: Trip): Promise<void> {
  const headers = {
    'x-road-client': LICENSING,
    ...(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(size) }),
  }
  const request = httpRequest(url, { method, headers, agent: false })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const body = isSlow ? slowly(pattern(size, seed)) : pattern(size, seed)
  Readable.from(body).pipe(request)
  const response = await answered
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const what = `${method} ${size} ${isChunked ? 'chunked' : 'fixed'}`
  assert.equal(response.statusCode, 200, what)
  assert.equal(bytes, size, what)
  assert.equal(hash.digest('hex'), digestOf(size, seed), what)
}

/** Sends part of a body and goes away. */
async function hangUp(url: string, size: number): Promise<void> {
  const request = httpRequest(url, {
    method: 'POST',
    headers: { 'x-road-client': LICENSING, 'content-length': String(size) },
    agent: false,
  })
  request.once('error', () => undefined)
  request.write(Buffer.alloc(size / 4))
  await new Promise((resolve) => setTimeout(resolve, 200))
  request.destroy()
}

/** Nothing is under way any more at this member's gateway. */
async function isQuiet(sandbox: RunningSandbox, member: string): Promise<boolean> {
  const status = (await sandbox.admin(member, 'GET', '/v1/status')) as {
    running: number
    sessions: { streams: number }[]
    frontDoor: { calls: number; waitingBytes: number }
  }
  const streams = status.sessions.reduce((sum, session) => sum + session.streams, 0)
  return (
    status.running === 0 &&
    streams === 0 &&
    status.frontDoor.calls === 0 &&
    status.frontDoor.waitingBytes === 0
  )
}
