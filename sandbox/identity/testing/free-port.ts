import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Up to the ports of whole sandboxes in tests (`test/network/running-sandbox.ts`): far below those that the operating system
 * gives to connections, which would be taken by the next one that goes out, and none that `fetch` refuses to call.
 */
const FIRST = 7_000
const LAST = 9_999

/**
 * A port of 127.0.0.1 for a program that has to know its port before it listens. Nobody listened on it a moment ago, and
 * nobody gets it by chance: it is even, and this process holds the odd one after it until it ends.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(FIRST / 2, (LAST + 1) / 2) * 2
    if ((await claimPort(port + 1)) && (await isFree(port))) return port
  }
  throw new Error('no free port')
}

/**
 * Listens on a port until this process ends, so that no other takes what the port stands for: two that only look would both
 * find it free. The process may end for all that.
 *
 * @returns false when somebody listens there
 */
export async function claimPort(port: number): Promise<boolean> {
  const server = await listenOn(port)
  server?.unref()
  return server !== undefined
}

/** Whether nobody listens on a port of 127.0.0.1 at this moment. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port)
  if (server === undefined) return false
  server.close()
  await once(server, 'close')
  return true
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer()
  const isListening = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.once('listening', () => resolve(true))
  })
  server.listen(port, '127.0.0.1')
  return (await isListening) ? server : undefined
}
