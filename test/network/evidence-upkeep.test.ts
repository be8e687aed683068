import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApi } from '../../src/admin-api/api-server.ts'
import { type ApiRole, createApiToken } from '../../src/admin-api/api-tokens.ts'
import type { TokenStore } from '../../src/admin-api/token-store.ts'
import type { EvidenceStore } from '../../src/evidence/evidence-store.ts'
import { nextExchange, openStore, recordExchange } from '../../src/evidence/testing/open-store.ts'
import { twoMembers, type TwoMembers } from '../../src/evidence/testing/two-members.ts'
import { evidenceRoutes } from '../../src/gateway/admin/evidence-routes.ts'
import { evidenceUpkeepRoutes } from '../../src/gateway/admin/evidence-upkeep-routes.ts'
import { EvidenceUpkeep } from '../../src/gateway/evidence-upkeep.ts'
import { formatTime } from '../../src/protocol/clock.ts'

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))

interface Side {
  readonly store: EvidenceStore
  readonly directory: string
  readonly url: string
  readonly token: Readonly<Record<ApiRole, string>>
}

interface TwoSides {
  readonly paper: TwoMembers
  readonly rta: Side
  readonly dewa: Side
  readonly folder: string
}

/** The evidence of two gateways behind the routes of their admin APIs. */
async function openSides(context: TestContext): Promise<TwoSides> {
  const paper = await twoMembers()
  const folder = await mkdtemp(join(tmpdir(), 'wusla-upkeep-'))
  context.after(async () => await rm(folder, { recursive: true }))
  const [rta, dewa] = await Promise.all([paper.rta, paper.dewa].map((one) => openSide(context, paper, one)))
  assert.ok(rta !== undefined && dewa !== undefined)
  return { paper, rta, dewa, folder }
}

async function openSide(context: TestContext, paper: TwoMembers, gateway: TwoMembers['rta']): Promise<Side> {
  const { store: evidence, options } = await openStore(context, paper, gateway)
  const clock = { nowMs: () => paper.network.nowMs }
  const onEvent = (): void => undefined
  const upkeep = new EvidenceUpkeep({
    evidence,
    retentionDays: undefined,
    acknowledgeWithinMs: 600_000,
    directoryStaleMs: () => 0,
    clock,
    onEvent,
  })
  const admin = createApiToken('admin')
  const auditor = createApiToken('auditor')
  const operator = createApiToken('operator')
  const stored = [admin.stored, auditor.stored, operator.stored]
  const parts = {
    gateway: gateway.id,
    evidence,
    upkeep,
    clock,
    tokens: { current: () => stored } as unknown as TokenStore,
  }
  const api = await createApi({
    title: gateway.id,
    description: 'evidence only',
    onUnexpected: (error) => assert.fail(String(error)),
  })
  const exportEvidence = async (): Promise<string> => await Promise.reject(new Error('nobody asks for it'))
  evidenceRoutes(api, { ...parts, agreements: { get: () => undefined }, exportEvidence })
  evidenceUpkeepRoutes(api, parts)
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  context.after(async () => await api.close())
  return {
    store: evidence,
    directory: options.directory,
    url,
    token: { admin: admin.token, auditor: auditor.token, operator: operator.token },
  }
}

interface Printed {
  readonly code: number
  readonly json: Readonly<Record<string, unknown>>
}

async function wusla(...args: string[]): Promise<Printed> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [LAUNCHER, 'evidence', ...args, '--json'], (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code !== 'number') return reject(new Error(stderr))
      try {
        resolve({ code, json: JSON.parse(stdout) as Printed['json'] })
      } catch {
        reject(new Error(`${stdout}${stderr}`))
      }
    })
  })
}

/** One exchange that both sides hold, and one whose answer never arrived. */
async function cutOne({ paper, rta, dewa }: TwoSides): Promise<{ whole: string; cut: string }> {
  const whole = nextExchange(paper)
  const cut = nextExchange(paper)
  await recordExchange(rta.store, whole, true)
  await rta.store.record(cut.requestBatch, 'sent')
  for (const exchange of [whole, cut]) await recordExchange(dewa.store, exchange, false)
  return { whole: whole.request.exchange, cut: cut.request.exchange }
}

test('evidence reconcile finds the exchange that was cut, from two gateways and from two files', async (context) => {
  const sides = await openSides(context)
  const { paper, rta, dewa, folder } = sides
  const from = formatTime(paper.network.nowMs)
  const { cut } = await cutOne(sides)
  const span = ['--from', from, '--until', formatTime(paper.network.nowMs + 1)]
  const ours = ['--gateway', rta.url, '--token', rta.token.auditor]
  const peer = ['--peer-gateway', dewa.url, '--peer-token', dewa.token.auditor]

  const asked = await wusla('reconcile', ...ours, ...peer, ...span)
  assert.equal(asked.code, 1)
  assert.equal(asked.json['compared'], 2)
  const [found, ...others] = asked.json['oneSided'] as Record<string, unknown>[]
  assert.deepEqual(others, [])
  assert.deepEqual([found?.['exchange'], found?.['missing'], found?.['at']], [cut, 'answer', 'AE-DU/GOV/RTA'])

  const files = [join(folder, 'rta.json'), join(folder, 'dewa.json')] as const
  const dewas = ['--gateway', dewa.url, '--token', dewa.token.auditor]
  await wusla('exchange-list', ...ours, ...span, '--with', 'AE-DU/SEMI/DEWA', '--out', files[0])
  await wusla('exchange-list', ...dewas, ...span, '--with', 'AE-DU/GOV/RTA', '--out', files[1])
  const compared = await wusla('reconcile', ...files)
  assert.equal(compared.code, 1)
  assert.deepEqual(compared.json, asked.json)

  const unanswered = await wusla('unanswered', ...ours, ...span)
  assert.deepEqual(
    (unanswered.json['exchanges'] as { exchange: string }[]).map(({ exchange }) => exchange),
    [cut],
  )

  // The same from both sides once the answer is there.
  const until = formatTime(paper.network.nowMs)
  const before = await wusla('reconcile', ...ours, ...peer, '--from', from, '--until', until)
  assert.equal(before.code, 0)
  assert.equal(before.json['compared'], 1)

  writeFileSync(files[1], '{"type":"wusla/exchange-list/v1","exchanges":[7]}')
  assert.equal((await wusla('reconcile', ...files)).code, 2)
})

test('evidence erase asks whether it is meant, needs the admin role, and leaves a note', async (context) => {
  const sides = await openSides(context)
  const { store, directory, url, token } = sides.rta
  const { whole } = await cutOne(sides)
  const erase = ['erase', '--gateway', url, '--exchange', whole, '--reason', 'request 17 of a citizen']
  assert.equal((await wusla(...erase, '--token', token.admin)).code, 2)
  const refused = await wusla(...erase, '--token', token.operator, '--yes')
  assert.deepEqual([refused.code, (refused.json['error'] as { code: string }).code], [1, 'forbidden'])
  assert.equal((await store.find(whole))?.state, 'answered', 'nothing was erased so far')

  const done = await wusla(...erase, '--token', token.admin, '--yes')
  assert.deepEqual(done, { code: 0, json: { exchange: whole, statements: 2 } })
  assert.equal((await store.find(whole))?.state, 'erased')
  const journal = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('sqlite'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  assert.ok(journal.some((text) => text.includes('request 17 of a citizen')))
})

test('evidence remove-before takes a past instant only, and tells how much went', async (context) => {
  const { paper, rta } = await openSides(context)
  const { store, url, token } = rta
  for (let batch = 0; batch < 200; batch += 1) await recordExchange(store, nextExchange(paper), true)
  await store.checkpoint()
  paper.network.nowMs += 2 * 86_400_000
  assert.equal(await store.removeBefore(0), 0)
  for (let batch = 0; batch < 60; batch += 1) await recordExchange(store, nextExchange(paper), true)
  await store.checkpoint()
  const remove = ['remove-before', '--gateway', url, '--token', token.admin, '--reason', 'end of the project']
  const at = (time: number): string[] => ['--time', formatTime(time)]
  assert.equal((await wusla(...remove, ...at(paper.network.nowMs))).code, 2)
  assert.equal((await wusla(...remove, ...at(paper.network.nowMs + 1), '--yes')).code, 1)
  assert.equal((await wusla(...remove, '--time', 'yesterday', '--yes')).code, 2)
  const bare = await fetch(`${url}/v1/evidence/remove-before`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ time: 'yesterday', reason: 'end of the project' }),
  })
  assert.equal(bare.status, 400)
  const done = await wusla(...remove, ...at(paper.network.nowMs), '--yes')
  assert.deepEqual([done.code, done.json['removed']], [0, 400])
})
