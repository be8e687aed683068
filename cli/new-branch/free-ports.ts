import { once } from 'node:events'
import { createServer } from 'node:net'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/** Ports of a sandbox, counted from its first, that what it is built of leaves to those who join later. */
const FOR_JOINERS: readonly (readonly [from: number, to: number])[] = [
  [16, 40],
  [50, 80],
  [85, 100],
]

/** What the parts of a new branch listen on, all on 127.0.0.1. */
export interface BranchPorts {
  readonly control: number
  readonly tunnel: number
  readonly http: number
  readonly frontDoor: number
  readonly admin: number
  readonly backend: number
}

/**
 * Ports of the sandbox that nobody has: they stay the same when it is started again, so they are chosen once.
 *
 * @param base - the first port of the sandbox
 * @param taken - ports of parts that may be down at the moment
 * @throws WuslaError `conflict` when fewer than six are left
 */
export async function freePorts(base: number, taken: ReadonlySet<number>): Promise<BranchPorts> {
  const found: number[] = []
  for (const [from, to] of FOR_JOINERS) {
    for (let port = base + from; port < base + to && found.length < 6; port += 1)
      if (!taken.has(port) && (await isFree(port))) found.push(port)
  }
  const [control, tunnel, http, frontDoor, admin, backend] = found
  if (backend === undefined || control === undefined || tunnel === undefined)
    throw noneLeft(base, found.length)
  if (http === undefined || frontDoor === undefined || admin === undefined) throw noneLeft(base, found.length)
  return { control, tunnel, http, frontDoor, admin, backend }
}

/** Every port of this machine that a text names, such as JSON with addresses. */
export function portsIn(text: string): Set<number> {
  return new Set([...text.matchAll(/\b127\.0\.0\.1:(\d{1,5})\b/g)].map(([, port]) => Number(port)))
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!isListening) return false
  server.close()
  await once(server, 'close')
  return true
}

function noneLeft(base: number, left: number): WuslaError {
  return new WuslaError('conflict', {
    message: `Only ${left} of the ports ${base} to ${base + 99} of this sandbox are free; a branch needs six.`,
    details: { base, left },
  })
}
