import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { serve } from './host-program.ts'

/** An HTTP request that a test makes on a host. */
export interface Asked {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

serve({
  fetch: async ({ url, ...init }: Asked) => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) })
    return { status: response.status, text: await response.text() }
  },
  /** A page that an actor shows to its own host alone, asked for from the loopback address. */
  ownPage: async (url: string) => {
    const [answer] = (await once(get(url, { localAddress: '127.0.0.1' }), 'response')) as [IncomingMessage]
    return await json(answer)
  },
})
