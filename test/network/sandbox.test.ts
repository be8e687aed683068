import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startCountingBackend, type CountingBackend } from './counting-backend.ts'
import { BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

let sandbox: RunningSandbox
let backend: CountingBackend

before(async () => {
  sandbox = await RunningSandbox.start()
  backend = await startCountingBackend()
})

after(async () => {
  await backend.close()
  await sandbox[Symbol.asyncDispose]()
})

async function call(url: string, client: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(url, { ...init, headers: { 'x-road-client': client, ...(init.headers as object) } })
}

interface Bilingual {
  readonly en: string
  readonly ar: string
}

/** Resident memory as `ps` tells it. */
function residentMiB(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}

interface Refusal {
  readonly type: string
  readonly wusla: { readonly code: string; readonly reason?: string; readonly remedy: string }
}

test('every idle actor holds less than 120 MiB', async () => {
  const { registry, identity, branches, gateways } = sandbox.file
  const actors = [...branches, ...gateways].map(({ id, pid }) => [id, pid] as const)
  for (const [name, pid] of [['registry', registry.pid], ['identity', identity.pid], ...actors] as const) {
    // Each gives back what its start needed two seconds after it was ready; this waits for that, not for luck.
    await untilTrue(() => residentMiB(pid) < 120).catch(() => {
      assert.fail(`${name} holds ${residentMiB(pid).toFixed(0)} MiB`)
    })
    assert.ok(residentMiB(pid) > 30, `${name}: nothing was measured`)
  }
})

test('the stand-in of the national identity stands in sandbox.json, and one that was killed is back with its root', async () => {
  const { identity } = sandbox.file
  const root = readFileSync(identity.root, 'utf8')
  const noura = identity.personas.find(({ name }) => name === 'noura')
  assert.deepEqual([noura?.sop, noura?.emiratesId], ['SOP3', '784199066447543'])
  assert.deepEqual(
    noura?.mandates.map(({ member }) => member),
    [RTA],
  )
  process.kill(identity.pid, 'SIGKILL')
  await untilTrue(() => sandbox.file.identity.pid !== identity.pid)
  assert.equal(sandbox.file.identity.url, identity.url)
  assert.equal(readFileSync(sandbox.file.identity.root, 'utf8'), root)
  const headers = { authorization: `Bearer ${identity.controlToken}` }
  assert.equal((await fetch(`${identity.url}/control/switches`, { headers })).status, 200)
})

test('the first call of the README answers, and its exchange verifies offline from both sides', async () => {
  const response = await call(sandbox.url(RTA, BILLS, '/bills?account=2000000001'), LICENSING)
  const body = await response.text()
  assert.equal(response.status, 200)
  assert.equal((JSON.parse(body) as { bills: unknown[] }).bills.length, 10)
  const exchange = response.headers.get('x-road-request-id') ?? ''
  const answerFile = join(sandbox.state, 'answer')
  writeFileSync(answerFile, body)
  for (const gateway of [`${RTA}/gw-1`, `${DEWA}/gw-1`]) {
    const out = join(sandbox.state, 'evidence.json')
    const exported = await sandbox.cli(
      'evidence',
      'export',
      '--gateway',
      gateway,
      '--exchange',
      exchange,
      '--out',
      out,
    )
    assert.equal(exported.code, 0, exported.stderr)
    const anchor = ['--anchor', sandbox.file.anchor]
    const verified = await sandbox.cli(
      'evidence',
      'verify',
      out,
      ...anchor,
      '--response-body',
      answerFile,
      '--json',
    )
    assert.equal(verified.code, 0, verified.stdout)
    const { facts } = JSON.parse(verified.stdout) as {
      facts: { request: { client: string; service: string }; answer: { status: number } }
    }
    assert.deepEqual(
      [facts.request.client, facts.request.service, facts.answer.status],
      [LICENSING, BILLS, 200],
    )
    const other = await sandbox.cli(
      'evidence',
      'verify',
      out,
      ...anchor,
      '--response-body',
      sandbox.file.anchor,
      '--json',
    )
    assert.equal(other.code, 1)
    assert.equal((JSON.parse(other.stdout) as { step: string }).step, 'body-response')
    const file = readFileSync(out, 'utf8').replace('"method\\":\\"GET', '"method\\":\\"PUT')
    writeFileSync(out, file)
    assert.equal((await sandbox.cli('evidence', 'verify', out, ...anchor)).code, 1)
  }
})

test('every refusal names code, reason and remedy, and the backend sees nothing', async () => {
  const operations = [{ method: 'GET', path: '/allowed/**' }]
  const { service } = await sandbox.offer('counted', backend.url, operations)
  const ok = await call(sandbox.url(RTA, service, '/allowed/1'), LICENSING)
  assert.equal(ok.status, 200)
  backend.seen.length = 0
  const cases = [
    { url: sandbox.url(RTA, service, '/allowed/1'), client: `${RTA}/NOBODY/x`, code: 'invalid_identifier' },
    { url: sandbox.url(RTA, service, '/allowed/1'), client: `${DHA}/PERMITS`, code: 'unknown_client' },
    { url: sandbox.url(RTA, `${DEWA}/BILLING/nothing`, '/'), client: LICENSING, code: 'unknown_service' },
    {
      url: sandbox.url(RTA, service, '/other'),
      client: LICENSING,
      code: 'access_denied',
      reason: 'operation_not_granted',
    },
    {
      url: sandbox.url(RTA, service, '/allowed/1'),
      client: LICENSING,
      method: 'DELETE',
      code: 'access_denied',
      reason: 'operation_not_granted',
    },
    {
      url: sandbox.url(DHA, service, '/allowed/1'),
      client: `${DHA}/PERMITS`,
      code: 'access_denied',
      reason: 'no_agreement',
    },
    {
      url: sandbox.url(RTA, service, '/allowed/..%2f..%2fother'),
      client: LICENSING,
      code: 'invalid_path',
    },
  ]
  for (const { url, client, method = 'GET', code, reason } of cases) {
    const response = await call(url, client, { method })
    const refusal = (await response.json()) as Refusal
    assert.equal(refusal.wusla.code, code, `${method} ${url} as ${client}`)
    assert.ok(response.status >= 400)
    assert.equal(response.headers.get('x-road-error'), refusal.type)
    assert.ok(refusal.wusla.remedy.length > 10)
    if (reason !== undefined) assert.equal(refusal.wusla.reason, reason)
  }
  assert.deepEqual(backend.seen, [])
})

test('an expired agreement refuses, and explain says so', async () => {
  const service = `${DEWA}/BILLING/short`
  const operations = [{ method: 'GET', path: '/**' }]
  const name = { ar: 'قصير', en: 'short' }
  await sandbox.admin(DEWA, 'POST', '/v1/services', {
    service,
    kind: 'api',
    name,
    operations,
    target: { url: backend.url },
  })
  // Long enough for two officials to sign, on a machine as busy as this one is: it was just measured.
  const startedMs = Date.now()
  await sandbox.offer('before-short', backend.url, operations)
  const ends = Date.now() + Math.max(10_000, 5 * (Date.now() - startedMs))
  await sandbox.agree(service, operations, new Date(ends).toISOString())
  await untilTrue(() => Date.now() > ends)
  backend.seen.length = 0
  const refusal = (await (await call(sandbox.url(RTA, service, '/x'), LICENSING)).json()) as Refusal
  assert.deepEqual([refusal.wusla.code, refusal.wusla.reason], ['access_denied', 'expired'])
  assert.deepEqual(backend.seen, [])
  const wanted = ['--client', LICENSING, '--service', service, '--method', 'GET', '--path', '/x']
  const explained = await sandbox.cli('explain', ...wanted, '--json')
  assert.equal(explained.code, 1)
  assert.equal((JSON.parse(explained.stdout) as { reason: string }).reason, 'expired')
})

test('revoking an agreement is enforced at both gateways within 2 s', async () => {
  const { service, agreement } = await sandbox.offer('revocable', backend.url, [
    { method: 'GET', path: '/**' },
  ])
  assert.equal((await call(sandbox.url(RTA, service, '/x'), LICENSING)).status, 200)
  const revokedAt = performance.now()
  await sandbox.admin(DEWA, 'POST', `/v1/agreements/${agreement}/revoke`, { reason: 'test' })
  let status = 200
  while (status === 200) status = (await call(sandbox.url(RTA, service, '/x'), LICENSING)).status
  // A call that is under way when the news comes is cut and names no reason; every one after it does.
  let reason: string | undefined
  while (reason !== 'revoked' && performance.now() - revokedAt < 2_000) {
    const response = await call(sandbox.url(RTA, service, '/x'), LICENSING)
    assert.notEqual(response.status, 200)
    reason = ((await response.json()) as Refusal).wusla.reason
  }
  const tookMs = performance.now() - revokedAt
  assert.ok(tookMs < 2_000, `enforced after ${Math.round(tookMs)} ms`)
  assert.equal(reason, 'revoked')
})

test('an entity joins the running network with three commands and makes its first exchange', async () => {
  const member = 'AE-DU/GOV/DM'
  assert.equal((await sandbox.cli('member', 'admit', member, '--name-en', 'Dubai Municipality')).code, 0)
  const { stdout: token } = await sandbox.cli('gateway', 'token', '--member', member)
  const joined = await sandbox.cli('gateway', 'join', token.trim(), '--json')
  assert.equal(joined.code, 0, joined.stderr)
  const { frontDoor } = JSON.parse(joined.stdout) as { frontDoor: string }
  const response = await call(`${frontDoor}/r1/AE-DU/GOV/DDA/PORTAL/holidays/holidays`, member)
  assert.equal(response.status, 200)
  const again = await sandbox.cli('gateway', 'join', token.trim(), '--dir', join(sandbox.state, 'second'))
  assert.equal(again.code, 1)
  assert.match(again.stderr, /token_used|change_refused/)
})

test('a mapped port serves a program that sets no header', async () => {
  const { url } = (await sandbox.admin(RTA, 'POST', '/v1/mapped-ports', {
    port: 0,
    client: LICENSING,
    service: BILLS,
  })) as { url: string }
  const response = await fetch(`${url}/bills/2000000001-2026-03`)
  assert.equal(response.status, 200)
  assert.equal(((await response.json()) as { id: string }).id, '2000000001-2026-03')
})

test('a port that another program holds is refused as such, and not mapped', async () => {
  const taken = new URL(sandbox.file.registry.url).port
  const wanted = ['--client', LICENSING, '--service', BILLS, '--port', taken]
  const told = await sandbox.cli('client', 'map-port', ...wanted, '--json')
  assert.equal(told.code, 1, told.stderr)
  assert.equal((JSON.parse(told.stdout) as { error: { code: string } }).error.code, 'conflict')
  assert.match(told.stderr, /another program listens there/)
})

test('what both sides signed is said in both languages, each in its own', async () => {
  const { agreements } = (await sandbox.admin(RTA, 'GET', '/v1/agreements')) as {
    agreements: { content: { title: Bilingual; grants: { purpose?: Bilingual }[] } }[]
  }
  const texts = agreements.flatMap(({ content: { title, grants } }) => [
    title,
    ...grants.flatMap(({ purpose }) => purpose ?? []),
  ])
  // Two agreements with their purposes come with the sandbox.
  assert.ok(texts.length >= 4)
  for (const { en, ar } of texts) {
    assert.match(ar, /\p{Script=Arabic}/u)
    assert.doesNotMatch(en, /\p{Script=Arabic}/u)
  }
})

test('both sides of the exchanges hold the same, and each gateway counts what stayed unanswered', async () => {
  const until = new Date(Date.now() + 1_000).toISOString()
  const sides = ['--gateway', `${RTA}/gw-1`, '--peer-gateway', `${DEWA}/gw-1`]
  const result = await sandbox.cli('evidence', 'reconcile', ...sides, '--until', until, '--json')
  const { compared, oneSided } = JSON.parse(result.stdout) as { compared: number; oneSided: unknown[] }
  assert.deepEqual([result.code, oneSided], [0, []])
  assert.ok(compared > 0)
  await untilTrue(async () => {
    const { evidence } = (await sandbox.admin(RTA, 'GET', '/v1/status')) as {
      evidence: { unanswered: { sent: number; received: number } | null }
    }
    return evidence.unanswered !== null
  })
})
