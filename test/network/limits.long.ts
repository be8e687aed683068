import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type CountingBackend, startCountingBackend } from './counting-backend.ts'
import { DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

// Gateways are killed while a quota is used up: what the backend saw is the quota, to within a hundredth.

const QUOTA = 20_000
const CALLERS = 8
/** Kills of each of the two gateways, spread over the quota. */
const KILLS = 4

let sandbox: RunningSandbox
let backend: CountingBackend

before(async () => {
  sandbox = await RunningSandbox.start()
  backend = await startCountingBackend()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
  await backend.close()
})

/** Calls until the quota is used up for good; counts what was answered by whom. */
async function useUp(service: string): Promise<{ answered: number; refusals: Set<string> }> {
  let answered = 0
  const refusals = new Set<string>()
  const caller = async (): Promise<void> => {
    for (;;) {
      const headers = { 'x-road-client': LICENSING }
      try {
        const response = await fetch(sandbox.url(RTA, service, '/x'), { headers })
        const body = (await response.json()) as { wusla?: { code: string; reason?: string } }
        if (response.status === 200) answered += 1
        const { code = '', reason = '' } = body.wusla ?? {}
        if (code !== '') refusals.add(`${response.status} ${code} ${reason}`)
        if (code === 'limit_exceeded') return
      } catch {
        // The gateway was just killed: its caller finds nobody until it is up again.
        await pause(50)
      }
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return { answered, refusals }
}

async function killWhen(member: string, seen: number, from: number): Promise<void> {
  while (backend.seen.length - from < seen) await pause(5)
  const { pid } = sandbox.gatewayOf(member)
  process.kill(pid, 'SIGKILL')
  await untilTrue(() => sandbox.gatewayOf(member).pid !== pid)
}

test(`a quota of ${QUOTA} requests holds to 1 % although both gateways are killed ${KILLS} times`, async (t) => {
  const operations = [{ method: 'GET', path: '/**' }]
  const terms = { limits: { requestsPerDay: QUOTA } }
  const { service } = await sandbox.offer('killed', backend.url, operations, terms)
  const from = backend.seen.length
  const startedMs = Date.now()
  const used = useUp(service)
  const step = QUOTA / (2 * KILLS + 2)
  for (let kill = 0; kill < 2 * KILLS; kill += 1)
    await killWhen(kill % 2 === 0 ? RTA : DEWA, step * (kill + 1), from)
  const { answered, refusals } = await used
  const seen = backend.seen.length - from
  t.diagnostic(`${seen} reached the backend, ${answered} were answered, in ${Date.now() - startedMs} ms`)
  t.diagnostic(`refusals: ${[...refusals].toSorted().join('; ')}`)
  assert.ok(seen <= QUOTA * 1.01 && seen >= QUOTA * 0.99, `${seen} of ${QUOTA} reached the backend`)
})

test('a rate holds in every second, also across a kill', async (t) => {
  const rate = 40
  const operations = [{ method: 'GET', path: '/**' }]
  const terms = { limits: { requestsPerSecond: rate } }
  const times: number[] = []
  const timed = await startCountingBackend((_, response) => {
    times.push(performance.now())
    response.end('{"ok":true}')
  })
  try {
    const { service } = await sandbox.offer('paced', timed.url, operations, terms)
    const untilMs = performance.now() + 12_000
    const headers = { 'x-road-client': LICENSING }
    const caller = async (): Promise<void> => {
      while (performance.now() < untilMs) {
        const response = await fetch(sandbox.url(RTA, service, '/x'), { headers }).catch(() => undefined)
        await response?.arrayBuffer()
        await pause(5)
      }
    }
    const callers = Promise.all(Array.from({ length: 4 }, caller))
    while (performance.now() < untilMs - 6_000) await pause(20)
    const { pid } = sandbox.gatewayOf(RTA)
    process.kill(pid, 'SIGKILL')
    await callers
    // The way to the backend takes its own time, so a second is measured there with a tenth of room.
    const most = Math.max(...times.map((at, i) => times.slice(i).filter((later) => later < at + 900).length))
    const firstSeconds = times.filter((at) => at >= (times[0] ?? 0) && at < (times[0] ?? 0) + 5_000).length
    t.diagnostic(`${times.length} passed; at most ${most} in 0.9 s; ${firstSeconds} in the first 5 s`)
    assert.ok(most <= rate, `${most} in 0.9 s`)
    assert.ok(firstSeconds >= rate * 5 * 0.95, `${firstSeconds} in 5 s`)
  } finally {
    await timed.close()
  }
})
