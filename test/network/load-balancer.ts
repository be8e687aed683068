import { Agent, request } from 'node:http'

/** What came back of one call. */
export interface BalancedAnswer {
  readonly status: number
  readonly text: string
  /** The node that answered. */
  readonly node: string
}

/** One call through the balancer. The body is made anew for a node that is tried after another refused. */
export interface BalancedCall {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: () => AsyncIterable<Buffer>
}

/**
 * The simplest load balancer there is, before the nodes of one member: one node after the other, over connections that are
 * kept, and another node only when the connection was refused. Whatever else goes wrong is the caller's loss.
 */
export class LoadBalancer {
  readonly #nodes: readonly string[]
  // Idle connections are given up before the front door resets them, at 65 s: a call that leaves just then would be lost.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 30_000 })
  #next = 0

  /** @param nodes - addresses of front doors, without a trailing slash */
  constructor(nodes: readonly string[]) {
    this.#nodes = nodes
  }

  /** @throws the error of the connection, when it was another than a refusal, or every node refused */
  async call(call: BalancedCall): Promise<BalancedAnswer> {
    const first = this.#next++
    let refused: unknown
    for (let tried = 0; tried < this.#nodes.length; tried += 1) {
      const node = this.#nodes[(first + tried) % this.#nodes.length] ?? ''
      try {
        return await this.#callNode(node, call)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
        refused = error
      }
    }
    throw refused
  }

  close(): void {
    this.#agent.destroy()
  }

  async #callNode(node: string, { method, path, headers, body }: BalancedCall): Promise<BalancedAnswer> {
    return await new Promise((resolve, reject) => {
      const sent = request(`${node}${path}`, { method, headers, agent: this.#agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, node }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      const send = async (): Promise<void> => {
        if (body !== undefined) for await (const piece of body()) if (!sent.destroyed) sent.write(piece)
        sent.end()
      }
      // A refused connection is known before the first piece of a body is made.
      sent.once('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => void send())
        else void send()
      })
    })
  }
}
