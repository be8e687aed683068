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
/** When each call reached the backend, in milliseconds since 1970. */
const arrivals: number[] = []

before(async () => {
  sandbox = await RunningSandbox.start()
  backend = await startCountingBackend((_, response) => {
    arrivals.push(Date.now())
    response.end('{"ok":true}')
  })
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

async function killWhen(member: string, seen: number): Promise<void> {
  while (arrivals.length < seen) await pause(5)
  const { pid } = sandbox.gatewayOf(member)
  process.kill(pid, 'SIGKILL')
  await untilTrue(() => sandbox.gatewayOf(member).pid !== pid)
}

test(`a quota of ${QUOTA} requests holds to 1 % although both gateways are killed ${KILLS} times`, async (t) => {
  const operations = [{ method: 'GET', path: '/**' }]
  const terms = { limits: { requestsPerDay: QUOTA } }
  const { service } = await sandbox.offer('killed', backend.url, operations, terms)
  const startedMs = Date.now()
  const used = useUp(service)
  const step = QUOTA / (2 * KILLS + 2)
  for (let kill = 0; kill < 2 * KILLS; kill += 1)
    await killWhen(kill % 2 === 0 ? RTA : DEWA, step * (kill + 1))
  const { answered, refusals } = await used
  t.diagnostic(
    `${arrivals.length} reached the backend, ${answered} were answered, in ${Date.now() - startedMs} ms`,
  )
  t.diagnostic(`refusals: ${[...refusals].toSorted().join('; ')}`)
  // The quota is anew at midnight UTC. Whoever called after that ended with a refusal of the new day: it is used up too.
  const days = [...Map.groupBy(arrivals, (ms) => new Date(ms).toISOString().slice(0, 10)).values()]
  const perDay = days.map(({ length }) => length)
  assert.ok(
    perDay.every((seen) => seen <= QUOTA * 1.01) && (perDay.at(-1) ?? 0) >= QUOTA * 0.99,
    `${perDay.join(', ')} of ${QUOTA} a day reached the backend`,
  )
})

/** When RTA's gateway took each call of a service that it let pass, in milliseconds since 1970, the first one first. */
async function takenAt(service: string): Promise<number[]> {
  const taken: number[] = []
  for (let cursor: string | undefined; ;) {
    const query = new URLSearchParams({ service, limit: '500', ...(cursor === undefined ? {} : { cursor }) })
    const page = (await sandbox.admin(RTA, 'GET', `/v1/exchanges?${query.toString()}`)) as {
      exchanges: { requestedAt: string; error?: string }[]
      cursor?: string
      complete: boolean
    }
    // An index that is behind is asked again: only a page that saw everything counts as a list.
    if (!page.complete) continue
    // What DEWA's gateway refused by its own count passed nowhere, and is not counted.
    for (const { requestedAt, error } of page.exchanges)
      if (error === undefined) taken.push(Date.parse(requestedAt))
    ;({ cursor } = page)
    if (cursor === undefined) return taken.toSorted((a, b) => a - b)
  }
}

test('a rate holds in every second, also across a kill', async (t) => {
  const rate = 40
  const operations = [{ method: 'GET', path: '/**' }]
  const terms = { limits: { requestsPerSecond: rate } }
  const { service } = await sandbox.offer('paced', backend.url, operations, terms)
  const untilMs = performance.now() + 12_000
  let answered = 0
  const headers = { 'x-road-client': LICENSING }
  const caller = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const response = await fetch(sandbox.url(RTA, service, '/x'), { headers }).catch(() => undefined)
      const text = await response?.text().catch(() => undefined)
      if (response?.status === 200 && text !== undefined) answered += 1
      await pause(5)
    }
  }
  const callers = Promise.all(Array.from({ length: 4 }, caller))
  while (performance.now() < untilMs - 6_000) await pause(20)
  const { pid } = sandbox.gatewayOf(RTA)
  process.kill(pid, 'SIGKILL')
  await callers
  const taken = await takenAt(service)
  // The gateway reads the clock for its record a moment before it counts the call, in the same turn: hence 10 ms of room.
  const most = Math.max(...taken.map((at, i) => taken.slice(i).filter((later) => later < at + 990).length))
  const [firstMs = 0] = taken
  const firstSeconds = taken.filter((at) => at < firstMs + 5_000).length
  t.diagnostic(`${taken.length} passed; at most ${most} in 0.99 s; ${firstSeconds} in the first 5 s`)
  assert.ok(
    answered > 0 && taken.length >= answered,
    `${answered} were answered, ${taken.length} are recorded`,
  )
  assert.ok(most <= rate, `${most} in 0.99 s`)
  assert.ok(firstSeconds >= rate * 5 * 0.95, `${firstSeconds} in 5 s`)
})
