import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Up to the ports of whole sandboxes in tests (`test/network/running-sandbox.ts`): far below those that the operating system
 * gives to connections, which would be taken by the next one that goes out, and none that `fetch` refuses to call.
 */
const FIRST = 7_000
const LAST = 9_999

/**
 * A port of 127.0.0.1 for a program that has to know its port before it listens. Nobody listened on it a moment ago, and
 * nobody gets it by chance.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(FIRST, LAST + 1)
    if (await isFree(port)) return port
  }
  throw new Error('no free port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.once('listening', () => resolve(true))
  })
  server.listen(port, '127.0.0.1')
  if (!(await isListening)) return false
  server.close()
  await once(server, 'close')
  return true
}
