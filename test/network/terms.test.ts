import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { request as openRequest } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type CountingBackend, startCountingBackend } from './counting-backend.ts'
import { BILLS, DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const OPERATIONS = [
  { method: 'GET', path: '/**' },
  { method: 'POST', path: '/**' },
]

const DAY_MS = 86_400_000

let sandbox: RunningSandbox
let backend: CountingBackend

before(async () => {
  sandbox = await RunningSandbox.start()
  backend = await startCountingBackend((request, response) => {
    if (request.url === '/down') response.write('x'.repeat(40_000))
    else if (request.url === '/up') request.resume()
    else response.end(JSON.stringify({ purpose: request.headers['wusla-purpose'] }))
  })
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
  await backend.close()
})

interface Called {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: { purpose?: string; wusla?: { code: string; reason?: string; remedy: string } }
}

async function call(service: string, headers: Record<string, string> = {}): Promise<Called> {
  const all = { 'x-road-client': LICENSING, ...headers }
  const response = await fetch(sandbox.url(RTA, service, '/x'), { headers: all })
  const body = (await response.json()) as Called['body']
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body }
}

/** Quotas begin anew with each day of UTC: what counts one up to its end begins while more than a minute of the day is left. */
async function untilDayLasts(): Promise<void> {
  while (DAY_MS - (Date.now() % DAY_MS) <= 60_000) await pause(100)
}

test('purpose and quota of a signed agreement, from refusal to usage', async () => {
  const terms = { purpose: ['licensing', 'fines'], limits: { requestsPerDay: 3, requestsPerSecond: 100 } }
  const { service, agreement } = await sandbox.offer('quota', backend.url, OPERATIONS, terms)
  const without = await call(service)
  assert.deepEqual([without.status, without.body.wusla?.reason], [500, 'purpose_required'])
  assert.match(without.body.wusla?.remedy ?? '', /licensing, fines/)
  const other = await call(service, { 'Wusla-Purpose': 'audit' })
  assert.equal(other.body.wusla?.reason, 'purpose_not_granted')
  const seen = backend.seen.length
  await untilDayLasts()
  const named = { 'Wusla-Purpose': 'fines' }
  for (let i = 0; i < 3; i += 1) {
    const { status, body } = await call(service, named)
    assert.deepEqual([status, body.purpose], [200, 'fines'])
  }
  const over = await call(service, named)
  assert.deepEqual(
    [over.status, over.body.wusla?.code, over.body.wusla?.reason],
    [429, 'limit_exceeded', 'quota_exceeded'],
  )
  assert.ok(Number(over.retryAfter) >= 1 && Number(over.retryAfter) <= 86_400)
  assert.equal(backend.seen.length - seen, 3)
  const usage = await sandbox.cli('agreement', 'usage', agreement)
  assert.equal(usage.code, 0, usage.stderr)
  for (const member of [RTA, DEWA]) {
    const line = usage.stdout
      .split('\n')
      .find((each) => each.startsWith(member) && each.includes('requestsPerDay'))
    assert.match(line ?? '', /3 of 3 used, anew at /)
  }
  const asked = [
    '--client',
    LICENSING,
    '--service',
    service,
    '--method',
    'GET',
    '--path',
    '/x',
    '--purpose',
    'fines',
  ]
  const explained = await sandbox.cli('explain', ...asked)
  assert.equal(explained.code, 1)
  assert.match(
    explained.stdout,
    /no {2}limit: Agreement .* allows 3 on one day \(requestsPerDay\), and 3 are used/,
  )
})

test('bodies count in both directions, and are cut where they pass the bytes of the day', async () => {
  const quota = 1_000_000
  const received: { bytes: number; isWhole: boolean }[] = []
  const sink = await startCountingBackend((request, response) => {
    const one = { bytes: 0, isWhole: false }
    received.push(one)
    request.on('data', (chunk: Buffer) => (one.bytes += chunk.length))
    request.on('error', () => undefined)
    request.once('end', () => {
      one.isWhole = true
      response.end(Buffer.alloc(request.url === '/large' ? 2_000_000 : 100_000))
    })
  })
  try {
    const terms = { limits: { bytesPerDay: quota } }
    const { service, agreement } = await sandbox.offer('bytes', sink.url, OPERATIONS, terms)
    const headers = { 'x-road-client': LICENSING }
    const post = async (path: string, body: Uint8Array | string | ReadableStream): Promise<Response> =>
      await fetch(sandbox.url(RTA, service, path), {
        method: 'POST',
        headers,
        body,
        duplex: 'half',
      })
    await untilDayLasts()
    const small = await post('/x', Buffer.alloc(100_000))
    assert.equal((await small.arrayBuffer()).byteLength, 100_000)
    const known = await post('/x', Buffer.alloc(900_000))
    assert.equal(known.status, 429, 'a length that does not fit is refused before it begins')
    assert.equal(received.length, 1)
    await assert.rejects(async () => await (await post('/large', 'give')).arrayBuffer(), 'the answer is cut')
    // What the answer left is less than one of its pieces; an upload of unknown length takes the rest and is cut.
    // The rest stays below what the door still reads after its answer (1 MiB), so that no reset can overtake the answer.
    const endless = ReadableStream.from(pieces(200, 5_000))
    const cut = await post('/x', endless)
    assert.equal(cut.status, 429)
    assert.equal(((await cut.json()) as Called['body']).wusla?.reason, 'quota_exceeded')
    assert.ok(!(received[2]?.isWhole ?? false), 'a request that was cut never looks complete')
    const { gateways } = JSON.parse(
      (await sandbox.cli('agreement', 'usage', agreement, '--json')).stdout,
    ) as {
      gateways: { grants: { limits: { used: number }[] }[] }[]
    }
    const used = gateways.map(({ grants }) => grants[0]?.limits[0]?.used ?? 0)
    assert.equal(used.length, 2)
    // What was under way between the two when it was cut is counted at one of them only.
    assert.ok(Math.max(...used) > 0.9 * quota && Math.max(...used) <= 1.005 * quota, `used: ${used.join()}`)
  } finally {
    await sink.close()
  }
})

async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    yield Buffer.alloc(bytes)
  }
}

test('the command line proposes purpose codes and limits, and one limit of each kind as it was said', async () => {
  const options = ['--purpose-code', 'licensing', '--purpose-code', 'fines', '--requests-per-second', '50']
  const more = ['--requests-per-day', '200', '--bytes-per-day', '5000']
  const call = ['--service', BILLS, '--client', LICENSING, '--json']
  const proposed = await sandbox.cli('agreement', 'propose', ...call, ...options, ...more)
  assert.equal(proposed.code, 0, proposed.stderr)
  const { agreement } = JSON.parse(proposed.stdout) as { agreement: string }
  const { agreements } = (await sandbox.admin(RTA, 'GET', '/v1/agreements')) as {
    agreements: { id: string; content: { grants: Record<string, unknown>[] } }[]
  }
  const [grant] = agreements.find((each) => each.id === agreement)?.content.grants ?? []
  assert.deepEqual(grant?.['purpose'], ['licensing', 'fines'])
  assert.deepEqual(grant['limits'], { requestsPerSecond: 50, requestsPerDay: 200, bytesPerDay: 5_000 })
  const both = await sandbox.cli(
    'agreement',
    'propose',
    ...call,
    ...options,
    '--purpose-en',
    'x',
    '--purpose-ar',
    'س',
  )
  assert.equal(both.code, 2)
  assert.match(both.stderr, /in words or in codes/)
})

test('with the sandbox alone, the side that has not signed is asked, and nobody ends an agreement by guess', async () => {
  const wanted = ['--service', BILLS, '--client', LICENSING, '--operation', 'GET /bills']
  const proposed = await sandbox.cli('agreement', 'propose', ...wanted, '--json')
  assert.equal(proposed.code, 0, proposed.stderr)
  const { agreement } = JSON.parse(proposed.stdout) as { agreement: string }
  const accepted = await sandbox.cli('agreement', 'accept', agreement)
  assert.deepEqual([accepted.code, /signatures_required/.test(accepted.stderr)], [1, true], accepted.stderr)
  const either = await sandbox.cli('agreement', 'sign', agreement)
  assert.equal(either.code, 2)
  assert.match(either.stderr, /--member with one of: AE-DU\/SEMI\/DEWA, AE-DU\/GOV\/RTA/)
  const first = await sandbox.cli('agreement', 'sign', agreement, '--persona', 'noura')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, new RegExp(`signed ${agreement} for ${RTA}\n.*an official of ${DEWA}`))
  const second = await sandbox.cli('agreement', 'sign', agreement, '--persona', 'khalid')
  assert.equal(second.code, 0, second.stderr)
  assert.match(second.stdout, /it is in force/)
  const again = await sandbox.cli('agreement', 'freeze', agreement)
  assert.deepEqual([again.code, /in_force already/.test(again.stderr)], [1, true], again.stderr)
  const guess = await sandbox.cli('agreement', 'terminate', agreement)
  assert.equal(guess.code, 2)
  assert.match(guess.stderr, /--member with one of: AE-DU\/SEMI\/DEWA, AE-DU\/GOV\/RTA/)
  const ended = await sandbox.cli('agreement', 'revoke', agreement, '--member', RTA)
  assert.equal(ended.code, 0, ended.stderr)
  let row: { id: string; status: string; gateways: string[] } | undefined
  // The list may show what DEWA's gateway knows, which hears of it from the directory.
  await untilTrue(async () => {
    const { agreements } = JSON.parse((await sandbox.cli('agreement', 'list', '--json')).stdout) as {
      agreements: { id: string; status: string; gateways: string[] }[]
    }
    row = agreements.find(({ id }) => id === agreement)
    return row?.status === 'terminated'
  })
  assert.deepEqual(row?.gateways, [`${DEWA}/gw-1`, `${RTA}/gw-1`])
})

/** A call whose request or answer does not end by itself; resolves with what ended it. */
function stream(service: string, path: '/down' | '/up'): Promise<string> {
  const { hostname, port } = new URL(sandbox.gatewayOf(RTA).frontDoor)
  const headers = { 'x-road-client': LICENSING }
  const method = path === '/up' ? 'POST' : 'GET'
  const request = openRequest({ hostname, port, method, path: `/r1/${service}${path}`, headers })
  const feeding = setInterval(() => path === '/up' && request.write('x'.repeat(20_000)), 50)
  if (path === '/down') request.end()
  return new Promise<string>((resolve) => {
    request.once('error', (error) => resolve(error.message))
    request.once('response', (response) => {
      response.resume()
      response.once('error', (error) => resolve(error.message))
      response.once('end', () => resolve(`status ${response.statusCode ?? 0}`))
    })
  }).finally(() => clearInterval(feeding))
}

async function runningAt(member: string): Promise<number> {
  return ((await sandbox.admin(member, 'GET', '/v1/status')) as { running: number }).running
}

/** The exchanges that the evidence of a gateway names as cut under the agreement. */
function cutInEvidence(member: string, agreement: string): string[] {
  // The journal's segments alone: what stands beside them is replaced all the time, and a file may go before it is read.
  const journal = join(sandbox.gatewayOf(member).state, 'evidence', 'ledger', 'journal')
  const note = new RegExp(
    `"agreement":"${agreement}","direction":"\\w+","exchanges":\\[([^\\]]*)\\]},"kind":"exchanges_cut"`,
    'g',
  )
  return readdirSync(journal)
    .filter((name) => name.endsWith('.seg'))
    .flatMap((name) => [...readFileSync(join(journal, name), 'latin1').matchAll(note)])
    .flatMap(([, names = '']) => names.split(','))
}

for (const [act, party] of [
  ['suspend', RTA],
  ['suspend', DEWA],
  ['revoke', RTA],
  ['revoke', DEWA],
] as const) {
  test(`${act} by ${party}: streams of both directions end within 2 s, and the evidence names what was cut`, async (t) => {
    const { service, agreement } = await sandbox.offer(
      `stream-${act}-${party.split('/')[1] ?? ''}`,
      backend.url,
      OPERATIONS,
    )
    const before = await runningAt(RTA)
    const beforeThere = await runningAt(DEWA)
    const streams = [stream(service, '/down'), stream(service, '/up')]
    await untilTrue(
      async () => (await runningAt(RTA)) === before + 2 && (await runningAt(DEWA)) === beforeThere + 2,
    )
    const startedAt = performance.now()
    await sandbox.admin(party, 'POST', `/v1/agreements/${agreement}/${act}`, { reason: 'test' })
    const ended = await Promise.all(streams)
    const tookMs = performance.now() - startedAt
    t.diagnostic(`cut after ${Math.round(tookMs)} ms: ${ended.join('; ')}`)
    assert.ok(tookMs < 2_000, `cut after ${Math.round(tookMs)} ms`)
    assert.ok(!ended.includes('status 200'), ended.join('; '))
    await untilTrue(async () => (await runningAt(RTA)) === before && (await runningAt(DEWA)) === beforeThere)
    assert.ok(performance.now() - startedAt < 2_000, 'both gateways let go of them')
    // Whoever hears of it first ends the exchange at the other one too, which then has nothing to cut any more.
    await untilTrue(
      () =>
        new Set([RTA, DEWA].flatMap((member) => cutInEvidence(member, agreement))).size === streams.length,
    )
    const refused = await call(service)
    assert.equal(refused.body.wusla?.reason, act === 'suspend' ? 'suspended' : 'revoked')
  })
}
