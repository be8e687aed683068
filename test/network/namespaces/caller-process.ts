import { createHash, randomUUID } from 'node:crypto'
import { Agent, request, type IncomingMessage } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { serve } from './host-program.ts'

/** One call and what its caller got. */
export interface Call {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** By the clock of the machine, in milliseconds since 1970. */
  readonly startedMs: number
  readonly waitedMs: number
  /** 0 when the connection broke or the answer was cut off. */
  readonly status: number
  /** Wusla's code, when the network refused. */
  readonly code?: string
}

/** What a steady load calls. */
export interface LoadOrder {
  /** Address of the service at the front door, without a slash at its end. */
  readonly url: string
  readonly client: string
  /** Calls in a second: GET, POST with a few bytes, GET, POST with 12,000 bytes, and so on. */
  readonly perSecond: number
}

/** What a load tells when it is asked. */
export interface Taken {
  /** Calls that ended since the last time. */
  readonly calls: readonly Call[]
  readonly underWay: number
  /** When the oldest call under way began, in milliseconds since 1970; now when there is none. */
  readonly oldestMs: number
  /** How late the machine itself was at worst since the last time, in milliseconds: a timer of 20 ms, on time at 0. */
  readonly lateMs: number
}

/** How long a caller waits: longer than the network waits for a path. */
const PATIENCE_MS = 45_000
/** How long a connection waits for its next call: less than the 65 s of the front door, which resets it then. Unit: ms. */
const IDLE_MS = 30_000
const agent = new Agent({ keepAlive: true, maxSockets: 4_096, timeout: IDLE_MS })

async function call(
  { url, client }: Pick<LoadOrder, 'url' | 'client'>,
  method: 'GET' | 'POST',
  path: string,
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<Call & { readonly text: string }> {
  const startedMs = Date.now()
  const outgoing = request(`${url}${path}`, {
    method,
    headers: { 'x-road-client': client },
    agent,
    timeout: PATIENCE_MS,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
  })
  const end = (status: number, text = ''): Call & { readonly text: string } => {
    const code = status >= 400 ? codeOf(text) : undefined
    const waitedMs = Date.now() - startedMs
    return { path, method, startedMs, waitedMs, status, text, ...(code === undefined ? {} : { code }) }
  }
  try {
    void send(outgoing, body)
    const answer = await answered
    const hash = createHash('sha256')
    let text = ''
    for await (const piece of answer as AsyncIterable<Buffer>) {
      hash.update(piece)
      if (text.length < 4_096) text += piece.toString('latin1')
    }
    return end(answer.statusCode ?? 0, text)
  } catch {
    // The connection broke or the answer was cut off: the outcome says so with status 0.
    return end(0)
  }
}

async function send(
  outgoing: ReturnType<typeof request>,
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  for await (const piece of body) {
    if (outgoing.destroyed) return
    outgoing.write(piece)
  }
  outgoing.end()
}

function codeOf(text: string): string {
  return (JSON.parse(text) as { wusla: { code: string } }).wusla.code
}

async function* slowBody(pieces: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < pieces; piece += 1) {
    yield Buffer.alloc(262_144, 'u')
    await pause(50)
  }
}

const LATE_RESOLUTION_MS = 20
const late = monitorEventLoopDelay({ resolution: LATE_RESOLUTION_MS })
late.enable()
let order: LoadOrder | undefined
let timer: NodeJS.Timeout | undefined
const ended: Call[] = []
/** Number of a call and when it began; the oldest first. */
const underWay = new Map<number, number>()

function take(): Taken {
  const [oldestMs = Date.now()] = underWay.values()
  const lateMs = late.max / 1e6 - LATE_RESOLUTION_MS
  late.reset()
  return { calls: ended.splice(0), underWay: underWay.size, oldestMs, lateMs: Math.max(0, lateMs) }
}

serve({
  start: (wanted: LoadOrder) => {
    order = wanted
    const startedMs = performance.now()
    let made = 0
    timer = setInterval(() => {
      // What became of earlier calls is no matter: a stall does not slow the load down.
      const due = Math.floor(((performance.now() - startedMs) * wanted.perSecond) / 1_000)
      for (; made < due; made += 1) void one(wanted, made)
    }, 5)
  },
  take,
  stop: async () => {
    clearInterval(timer)
    while (underWay.size > 0) await pause(20)
    return take()
  },
  /** A body of 10 MB in 2 s (40 pieces of 256 KiB), or for `pieces` × 50 ms. */
  upload: async ({ pieces }: { pieces: number }) => {
    if (order === undefined) throw new Error('no load was started')
    return await call(order, 'POST', `/upload/${randomUUID()}`, slowBody(pieces))
  },
  /** An answer that flows for 20 s. */
  flow: async () => {
    if (order === undefined) throw new Error('no load was started')
    return await call(order, 'GET', `/flow/${randomUUID()}`, [])
  },
})

async function one(wanted: LoadOrder, number: number): Promise<void> {
  underWay.set(number, Date.now())
  const method = number % 2 === 0 ? 'GET' : 'POST'
  const size = method === 'GET' ? 0 : number % 4 === 1 ? 40 : 12_000
  const { text, ...outcome } = await call(wanted, method, `/calls/${randomUUID()}`, [Buffer.alloc(size, 'p')])
  underWay.delete(number)
  ended.push(outcome.status === 200 && text.length !== 64 ? { ...outcome, status: 0 } : outcome)
}
