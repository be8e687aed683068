import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** A request as the sandbox's small programs see it. */
export interface Call {
  readonly method: string
  /** Path segments, percent-decoded. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** What a handler gives back; `undefined` means that it wrote the response itself. */
export type Reply = { readonly status: number; readonly json: unknown } | undefined

const MAX_JSON_BYTES = 64 * 1024

/** Reads a JSON body of at most 64 KiB; `undefined` when it is too large or not JSON. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_JSON_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Serves `handle` on a loopback port; an exception of a handler is answered with 500 and printed. */
export async function serveJson(
  port: number,
  handle: (call: Call) => Promise<Reply> | Reply,
): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, response, handle)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (call: Call) => Promise<Reply> | Reply,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const segments = url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    const reply = await handle({
      method: request.method ?? 'GET',
      segments,
      query: url.searchParams,
      request,
      response,
    })
    if (reply !== undefined) send(response, reply.status, reply.json)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    if (!response.headersSent) send(response, 500, { error: 'internal' })
    else response.destroy()
  }
}

function send(response: ServerResponse, status: number, json: unknown): void {
  const body = Buffer.from(`${JSON.stringify(json)}\n`)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
