import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type CountingBackend, startCountingBackend } from './counting-backend.ts'
import { DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const OPERATIONS = [{ method: 'GET', path: '/**' }]

interface Row {
  readonly exchange: string
  readonly path: string
  readonly state: string
  readonly acknowledgement?: 'awaited' | 'there' | 'overdue'
  readonly acknowledgedAt?: string
}

let sandbox: RunningSandbox
let backend: CountingBackend
let service: string

before(async () => {
  sandbox = await RunningSandbox.start()
  backend = await startCountingBackend((_, response) => response.end('a notice'))
  const offered = await sandbox.offer('notices', backend.url, OPERATIONS, { acknowledgementRequired: true })
  ;({ service } = offered)
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
  await backend.close()
})

/** A call whose whole answer was read; undefined when it got none. @returns the exchange */
async function call(): Promise<string | undefined> {
  try {
    const response = await fetch(sandbox.url(RTA, service, '/x'), { headers: { 'x-road-client': LICENSING } })
    const text = await response.text()
    return text === 'a notice' ? (response.headers.get('x-road-request-id') ?? undefined) : undefined
  } catch {
    // The gateway was killed a moment ago: the caller has no answer, and tries again.
    return undefined
  }
}

async function rowsOf(member: string, filter = ''): Promise<readonly Row[]> {
  const path = `/v1/exchanges?service=${encodeURIComponent(service)}&limit=500${filter}`
  return ((await sandbox.admin(member, 'GET', path)) as { exchanges: Row[] }).exchanges
}

async function unacknowledged(member: string): Promise<Set<string>> {
  return new Set((await rowsOf(member, '&unacknowledged=true')).map((row) => row.exchange))
}

async function untilThere(exchange: string): Promise<Row> {
  let found: Row | undefined
  await untilTrue(async () => {
    found = (await rowsOf(DEWA)).find((row) => row.exchange === exchange)
    return found?.acknowledgement === 'there'
  })
  assert.ok(found !== undefined)
  return found
}

test('an agreement with the term is signed, and two files show that and when its answer was sent', async () => {
  const exchange = await call()
  assert.ok(exchange !== undefined)
  const { acknowledgedAt } = await untilThere(exchange)
  let made: Row | undefined
  // DEWA may show it before RTA's own record of it is durable.
  await untilTrue(async () => {
    made = (await rowsOf(RTA)).find(({ path }) => path.startsWith(`/.wusla/acknowledgement/${exchange}/`))
    return made !== undefined
  })
  assert.ok(made !== undefined && acknowledgedAt !== undefined)
  const [file, other] = ['exchange', 'acknowledgement'].map((name) => join(sandbox.state, `${name}.json`))
  assert.ok(file !== undefined && other !== undefined)
  for (const [id, out] of [
    [exchange, file],
    [made.exchange, other],
  ] as const) {
    const exported = await sandbox.cli('evidence', 'export', '--exchange', id, '--out', out)
    assert.equal(exported.code, 0, exported.stderr)
  }
  const anchor = ['--anchor', sandbox.file.anchor]
  const verified = await sandbox.cli('evidence', 'verify', file, ...anchor, '--acknowledgement', other)
  assert.equal(verified.code, 0, verified.stderr + verified.stdout)
  assert.ok(verified.stdout.includes(`acknowledged: the answer counts as delivered since ${acknowledgedAt}`))
})

test('a gateway that is killed loses no answer that waits for its acknowledgement', async () => {
  const delivered: string[] = []
  for (const victim of [RTA, DEWA]) {
    for (let i = 0; i < 10; i += 1) {
      const exchange = await call()
      assert.ok(exchange !== undefined)
      delivered.push(exchange)
    }
    // The last acknowledgements may be on their way now, or not have left.
    process.kill(sandbox.gatewayOf(victim).pid, 'SIGKILL')
    await untilTrue(async () => (await call()) !== undefined)
  }
  const last = await call()
  assert.ok(last !== undefined)
  await untilThere(last)
  for (const member of [RTA, DEWA]) {
    // Others are acknowledged meanwhile, and no two questions are asked at the same moment: what waits only becomes less.
    const before = await unacknowledged(member)
    const rows = new Map((await rowsOf(member)).map((row) => [row.exchange, row]))
    const after = await unacknowledged(member)
    for (const exchange of delivered) {
      const state = rows.get(exchange)?.acknowledgement
      assert.ok(state === 'awaited' || state === 'there', `${exchange} is ${state} at ${member}`)
      if (state === 'awaited') assert.ok(before.has(exchange), `${exchange} is not listed at ${member}`)
      if (state === 'there') assert.ok(!after.has(exchange), `${exchange} is still listed at ${member}`)
    }
  }
  // What the consumer has in its evidence as taken, the provider has: it had it before.
  const ours = await rowsOf(RTA)
  const theirs = new Map((await rowsOf(DEWA)).map((row) => [row.exchange, row.acknowledgement]))
  for (const { exchange, acknowledgement } of ours)
    if (acknowledgement === 'there') assert.equal(theirs.get(exchange), 'there', exchange)
})
