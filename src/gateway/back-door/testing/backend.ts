import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { WuslaError } from '../../../protocol/wusla-error.ts'
import type { BackDoor } from '../back-door.ts'
import type { BackDoorAnswer, BackDoorRequest } from '../back-door-request.ts'
import { Cancellation } from '../cancellation.ts'

/** Who calls in the tests; the message id is not ASCII on purpose. */
export const caller = {
  client: 'AE-DU/GOV/RTA/LICENSING',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  messageId: 'رسالة-1',
  exchange: '019aaf35-3c55-7c3a-9d6a-111111111111',
  agreement: 'open',
  dataClass: 'open',
} as const

/** A GET of `/`, with changes. */
export function request(changes: Partial<BackDoorRequest> = {}): BackDoorRequest {
  return { caller, method: 'GET', path: '/', headers: [], body: null, ...changes }
}

/** Cancels when the signal aborts. */
export function cancelledBy(signal: AbortSignal): Cancellation {
  const cancellation = new Cancellation()
  if (signal.aborted) cancellation.cancel()
  signal.addEventListener('abort', () => cancellation.cancel())
  return cancellation
}

/** A running backend; leaving its scope cuts every connection. */
export interface Backend extends AsyncDisposable {
  readonly url: string
}

async function listening(server: Server): Promise<Backend> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A backend that speaks HTTP. */
export function startBackend(listener: RequestListener): Promise<Backend> {
  return listening(createServer(listener))
}

/** A backend that answers each run of bytes with whatever bytes it likes; `count` is the number of the run. */
export function startRawBackend(answer: (socket: Socket, count: number) => void): Promise<Backend> {
  let count = 0
  return listening(createTcpServer((socket) => socket.on('data', () => answer(socket, (count += 1)))))
}

/** The body of an answer that must have come whole, as text. */
export function wholeText(answer: BackDoorAnswer): string {
  assert.ok(Buffer.isBuffer(answer.body))
  return answer.body.toString()
}

/** The body of an answer that must be a stream. */
export function streamOf(answer: BackDoorAnswer): AsyncIterable<Uint8Array> {
  assert.ok(answer.body !== null && !Buffer.isBuffer(answer.body))
  return answer.body
}

/** Every byte of a body, however it comes. */
export async function readAll(body: BackDoorAnswer['body']): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return body
  const runs: Uint8Array[] = []
  for await (const run of body) runs.push(run)
  return Buffer.concat(runs)
}

/** Every value of a header. */
export function headerOf(answer: BackDoorAnswer, name: string): string[] {
  return answer.headers.rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name)
}

/** The error a promise must reject with. */
export async function failure(promise: Promise<unknown>): Promise<WuslaError> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof WuslaError, String(error))
  return error
}

/** Resolves when the door holds nothing any more; a leak shows as the time-out of the test. */
export async function emptied(door: BackDoor): Promise<void> {
  while (door.load.calls !== 0 || door.load.waitingBytes !== 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
