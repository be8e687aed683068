import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { FrontDoor } from '../../src/gateway/front-door/front-door.ts'

/** How long to go on, in seconds. */
const SECONDS = Number(process.env['WUSLA_FUZZ_SECONDS'] ?? 5)

const SEED = Number(process.env['WUSLA_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** A small generator of random numbers that can be started again with the same seed (xorshift32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const random = randomOf(SEED)

const pick = <T>(choices: readonly [T, ...T[]]): T => choices[random(choices.length)] ?? choices[0]

const SERVICE = '/r1/AE-DU/SEMI/DEWA/BILLING/bills'
const LINES = 'Host: gateway\r\nX-Road-Client: AE-DU/GOV/RTA/LICENSING\r\n'

/** Well-formed beginnings: most random bytes end in the first line of the parser and never see the rest. */
function wellFormed(): string {
  const method = pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PURGE'])
  const path = pick([
    SERVICE,
    `${SERVICE}/a/b?c=d`,
    '/r1/a/b',
    '/',
    '/listClients',
    '*',
    `http://g${SERVICE}`,
  ])
  const extra = pick([
    '',
    'Accept: text/xml\r\n',
    'Expect: 100-continue\r\n',
    'Connection: close\r\n',
    'X-Road-Id: 1\r\n',
  ])
  const size = random(3) === 0 ? random(200_000) : random(40)
  const body = 'x'.repeat(size)
  const head = `${method} ${path} HTTP/1.1\r\n${LINES}${extra}`
  if (random(2) === 0) return `${head}Content-Length: ${size}\r\n\r\n${body}`
  return `${head}Transfer-Encoding: chunked\r\n\r\n${size === 0 ? '' : `${size.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
}

const NOISE = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '%',
  '/',
  '\x80',
  '\xff',
  'Content-Length: 5\r\n',
] as const

/** Changes a message in a few places: drops, repeats, inserts, overwrites, cuts. */
function mutate(message: string): string {
  let text = message
  for (let i = random(4); i > 0; i -= 1) {
    const at = random(Math.min(text.length, 400) + 1)
    const length = random(20)
    switch (random(5)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + length)
        break
      case 1:
        text = text.slice(0, at + length) + text.slice(at)
        break
      case 2:
        text = text.slice(0, at) + pick(NOISE) + text.slice(at)
        break
      case 3:
        text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1)
        break
      default:
        text = random(4) === 0 ? text.slice(0, at) : text
    }
  }
  return text
}

/** One connection: some messages, in pieces, and then an end of some kind. */
async function attack(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answered = ''
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => (answered = (answered + part).slice(-200_000)))
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  let bytes = ''
  for (let i = random(4); i >= 0; i -= 1) bytes += mutate(wellFormed())
  while (bytes !== '' && !socket.destroyed) {
    const piece = random(3) === 0 ? 1 + random(20) : 1 + random(100_000)
    socket.write(bytes.slice(0, piece), 'latin1')
    bytes = bytes.slice(piece)
    if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  if (random(3) === 0) socket.resetAndDestroy()
  else socket.end()
  const timer = setTimeout(() => socket.destroy(), 2_000)
  await closed
  clearTimeout(timer)
  return answered
}

test(`hostile bytes at the front door, ${SECONDS} s, seed ${SEED}`, async () => {
  let served = 0
  const failures: unknown[] = []
  const door = await FrontDoor.open({
    http: { host: '127.0.0.1', port: 0 },
    clients: [{ client: 'AE-DU/GOV/RTA/LICENSING', rules: [{ kind: 'none' }] }],
    mappedPorts: [
      {
        port: 0,
        client: 'AE-DU/GOV/RTA/LICENSING',
        service: 'AE-DU/SEMI/DEWA/BILLING/bills',
        basePath: '/v1',
      },
    ],
    send: async ({ body }) => {
      served += 1
      if (random(8) === 0) throw new TypeError('the other side broke')
      if (body !== null && !Buffer.isBuffer(body)) for await (const run of body) assert.ok(run.length > 0)
      return { status: 200, headerBlock: '', body: Buffer.from('ok'), exchange: 'e', messageId: 'm' }
    },
    limits: { maxConnections: 64, headTimeoutMs: 1_000, stallTimeoutMs: 1_000 },
    onEvent: (event) => {
      if (event.kind !== 'call_failed') return
      const isPlanned = event.cause instanceof TypeError && event.cause.message === 'the other side broke'
      if (!isPlanned) failures.push(event.cause)
    },
  })
  const ports = [door.httpPort ?? 0, door.mappedPorts[0] ?? 0]
  const until = performance.now() + SECONDS * 1_000
  let attacks = 0
  let most = 0
  while (performance.now() < until) {
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => attack(ports[i % 2] ?? 0)))
    for (const answered of answers) assert.match(answered, /^(?:HTTP\/1\.1 \d{3} |$)/)
    attacks += answers.length
    const { waitingBytes, unsentBytes } = door.load
    most = Math.max(most, waitingBytes + unsentBytes)
    assert.deepEqual(failures, [])
  }
  // Still alive and still honest.
  const response = await fetch(`http://127.0.0.1:${ports[0]}${SERVICE}`, {
    headers: { 'x-road-client': 'AE-DU/GOV/RTA/LICENSING' },
  })
  assert.ok([200, 500].includes(response.status))
  await response.text()
  assert.ok(attacks >= 16 && served > 0, `${attacks} attacks, ${served} calls`)
  assert.ok(most <= 16 * 512 * 1024, `${most} bytes held`)
  await door.close(100)
  while (door.load.calls + door.load.connections + door.load.waitingBytes > 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
})
