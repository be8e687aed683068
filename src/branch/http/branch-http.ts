import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AddressLimit, callerAddress, isLoopback } from '../../admin-api/address-limit.ts'
import { BRANCH_DESCRIPTION } from './branch-description.ts'

/** A complete answer. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  /** All of it, or a stream of pieces whose length is not known beforehand. */
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array>
  /** Whether the answer to this path will never change. */
  readonly immutable?: boolean
  /** With a stream: fires when the reader is too slow; the connection is dropped then. */
  readonly late?: AbortSignal
}

/** Serves the mirrored directory log. `path` is what follows `/log/`. The signal fires when the caller hangs up. */
export type LogMirror = (path: string, query: URLSearchParams, signal: AbortSignal) => Promise<HttpAnswer>

/** Cosigns checkpoints of logs (c2sp.org/tlog-witness). */
export interface BranchWitness {
  /** Answers `POST /add-checkpoint`. */
  readonly addCheckpoint: (body: Buffer) => Promise<HttpAnswer>
  /** Answers `GET /<hex SHA-256 of the origin>/checkpoint`: the newest checkpoint that was cosigned. */
  readonly checkpoint: (originHash: string) => Promise<HttpAnswer>
}

interface BranchHttpOptions {
  readonly status: () => object
  readonly isReady: () => boolean
  /** Tunnels that run now. */
  readonly tunnels: () => number
  /** Whether the bearer of this API token may read the status. */
  readonly isReader: (token: string) => boolean
  readonly mirror?: LogMirror | undefined
  readonly witness?: BranchWitness | undefined
  readonly onFailure: (path: string, cause: unknown) => void
  /** Requests one address may make in a second, and five times as many at once. Health and status are not counted. */
  readonly requestsPerSecond: number
  readonly nowMs: () => number
}

/** Largest body taken, in bytes: a request to cosign is a note and at most 63 hashes. */
const MAX_BODY_BYTES = 65_536

/** Connections at once; followers hold one each while they wait for news. */
const MAX_CONNECTIONS = 16_384

/** What a follower may wait for a newer checkpoint is under half of this, in milliseconds. */
const REQUEST_MS = 60_000

/**
 * The HTTP server of a branch: `/healthz`, `/leaving`, `/status`, the mirror of the directory under `/log/`, the witness under
 * `/witness/`. What it serves is public to the network, except `/status`, which says who talks with whom and is
 * answered to this machine only.
 */
export function createBranchHttp(options: BranchHttpOptions): Server {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: 10_000, maxHeaderSize: 8_192 })
  server.maxConnections = MAX_CONNECTIONS
  const limit = new AddressLimit(options.requestsPerSecond)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    limited(options, limit, request, gone.signal)
      .catch((cause: unknown) => {
        if (!gone.signal.aborted) options.onFailure(request.url ?? '', cause)
        return text(500, 'internal error')
      })
      .then(async (answer) => send(request, response, answer))
      .catch(() => response.destroy())
  })
  return server
}

async function limited(
  options: BranchHttpOptions,
  limit: AddressLimit,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const isCounted = /^\/(?:log|witness)\//.test(request.url ?? '')
  const address = callerAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'])
  if (isCounted && !limit.take(address, options.nowMs())) return text(429, 'too many requests')
  return await route(options, request, signal)
}

async function route(
  options: BranchHttpOptions,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const [path = '', search = ''] = (request.url ?? '').split('?', 2)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method === 'GET' && path === '/healthz')
    return options.isReady() ? text(200, 'ok') : text(503, 'draining')
  if (method === 'GET' && path === '/leaving') return leaving(options)
  if (method === 'GET' && path === '/openapi.json')
    return { status: 200, contentType: 'application/json', body: JSON.stringify(BRANCH_DESCRIPTION) }
  if (method === 'GET' && path === '/status') {
    if (!isLocal(request) && !mayReadStatus(options, request))
      return text(403, 'status is answered to this machine, and to bearers of a token through its TLS proxy')
    return { status: 200, contentType: 'application/json', body: JSON.stringify(options.status()) }
  }
  if (method === 'GET' && path.startsWith('/log/') && options.mirror !== undefined) {
    return options.mirror(path.slice('/log/'.length), new URLSearchParams(search), signal)
  }
  return (await witnessRoute(options.witness, method, path, request)) ?? text(404, 'not found')
}

/** How far the leave of this branch has come. Who has tunnels is not said, and while it stays not even how many. */
function leaving({ isReady, tunnels }: BranchHttpOptions): HttpAnswer {
  if (isReady()) return text(404, 'the branch stays')
  return { status: 200, contentType: 'application/json', body: JSON.stringify({ tunnels: tunnels() }) }
}

async function witnessRoute(
  witness: BranchWitness | undefined,
  method: string | undefined,
  path: string,
  request: IncomingMessage,
): Promise<HttpAnswer | undefined> {
  if (witness === undefined) return undefined
  if (method === 'POST' && path === '/witness/add-checkpoint') {
    const body = await readBody(request)
    return body === undefined ? text(413, 'too large') : witness.addCheckpoint(body)
  }
  const asked = /^\/witness\/([0-9a-f]{64})\/checkpoint$/.exec(path)
  return method === 'GET' && asked?.[1] !== undefined ? witness.checkpoint(asked[1]) : undefined
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? ''
  // A proxy on this machine must not open the page to everybody behind it.
  if (request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined)
    return false
  return isLoopback(address)
}

/** A token is taken through the proxy on this machine only: on the branch's own port it would cross a network in clear. */
function mayReadStatus({ isReader }: BranchHttpOptions, request: IncomingMessage): boolean {
  const { authorization = '' } = request.headers
  const isFromProxy = isLoopback(request.socket.remoteAddress ?? '')
  return isFromProxy && authorization.startsWith('Bearer ') && isReader(authorization.slice(7))
}

function text(status: number, line: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${line}\n` }
}

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'cache-control': answer.immutable === true ? 'public, max-age=31536000, immutable' : 'no-store',
    ...(body instanceof Uint8Array ? { 'content-length': body.length } : {}),
    // The rest of a body that was too large is not worth reading.
    ...(answer.status === 413 ? { connection: 'close' } : {}),
    ...(answer.status === 429 ? { 'retry-after': '1' } : {}),
  })
  if (request.method === 'HEAD') response.end()
  else if (body instanceof Uint8Array) response.end(body)
  else await pipeline(body, response, answer.late === undefined ? {} : { signal: answer.late })
}
