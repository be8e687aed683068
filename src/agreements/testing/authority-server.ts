import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** Answers one question; returns the bytes, or answers by itself. */
export type Handler = (question: Buffer, response: ServerResponse) => Promise<Uint8Array | 'answered'>

/** An authority's web server on a port of its own: what it answers is up to the test. */
export class AuthorityServer {
  readonly #server: Server
  /** By path. Any other is answered 404. */
  readonly handlers = new Map<string, Handler>()
  /** Paths, in the order in which they were asked. */
  readonly asked: string[] = []

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? ''
      this.asked.push(path)
      const handler = this.handlers.get(path)
      if (handler === undefined) response.writeHead(404).end()
      else
        void buffer(request)
          .then(async (question) => await handler(question, response))
          .then((answer) => {
            if (answer !== 'answered') response.end(answer)
          })
    })
  }

  static async start(): Promise<AuthorityServer> {
    const started = new AuthorityServer()
    started.#server.listen(0, '127.0.0.1')
    await once(started.#server, 'listening')
    return started
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
