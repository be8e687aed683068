import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A backend that counts what reaches it. */
export interface CountingBackend {
  readonly url: string
  readonly seen: { method: string; path: string }[]
  readonly close: () => Promise<void>
}

/** Starts a backend; by default it answers 200 with a little JSON. */
export async function startCountingBackend(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.end('{"ok":true}')
  },
): Promise<CountingBackend> {
  const seen: { method: string; path: string }[] = []
  const server: Server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '' })
    answer(request, response)
  })
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
