import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { actorDirectory } from '../../sandbox/layout.ts'
import { STAY_DOWN } from '../../sandbox/supervisor.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { startCountingBackend } from './counting-backend.ts'
import { type CallOutcome, callOnce, countingService, Load, type Traffic } from './load.ts'
import { ARCHIVE, BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

/** How long processes are killed under load, in milliseconds. */
const RUN_MS = Number(process.env['WUSLA_KILL_SECONDS'] ?? '120') * 1_000
/** Mean pause between two kills, in milliseconds. */
const KILL_EVERY_MS = 6_000
/** How long the load goes on after the registry is gone for good, in milliseconds. */
const WITHOUT_REGISTRY_MS = 24_000
/** How long the counting service takes for a call: so a kill finds some of them half done. Unit: milliseconds. */
const WORK_MS = 150

const DDA = 'AE-DU/GOV/DDA'
const PERMITS = `${DHA}/PERMITS`
const HOLIDAYS = `${DDA}/PORTAL/holidays`

const READ_BILLS = read(RTA, LICENSING, BILLS, '/bills?account=2000000002')
const READ_HOLIDAYS = read(RTA, LICENSING, HOLIDAYS, '/holidays')
const READ_ARCHIVE = read(DHA, PERMITS, ARCHIVE, '/objects')
/** Nobody makes this call before the registry is gone. */
const FIRST_WITHOUT_REGISTRY = read(DHA, PERMITS, HOLIDAYS, '/holidays')
const STORE: Traffic = { ...read(RTA, LICENSING, ARCHIVE, '/objects/licence'), method: 'PUT' }

/** A process that was killed, and when. */
interface Kill {
  readonly victim: string
  readonly atMs: number
}

test('kill -9 of every process under load, then life without a registry: nothing is lost, nothing is done twice', async (t) => {
  await using sandbox = await RunningSandbox.start()
  const counter = countingService(WORK_MS)
  const backend = await startCountingBackend(counter.answer)
  try {
    await sandbox.agree(ARCHIVE, [{ method: 'GET', path: '/objects' }], undefined, { clients: [PERMITS] })
    const { service } = await sandbox.offer('entries', backend.url, [{ method: 'POST', path: '/entries' }])
    const post: Traffic = { ...read(RTA, LICENSING, service, '/entries'), method: 'POST' }
    const early = [READ_BILLS, READ_HOLIDAYS, READ_ARCHIVE, STORE, post]
    await using load = new Load(sandbox)
    for (const traffic of [...early, post, READ_BILLS]) load.add(traffic)

    const atWork = await killProviderAtWork(sandbox, counter.underWay)
    const kills = [atWork, ...(await killAtRandom(sandbox))]
    await untilHealed(sandbox, early)
    kills.push(...(await liveWithoutRegistry(sandbox, load, early)))
    await load.stop()

    tellWhatHappened((line) => t.diagnostic(line), load, kills)
    assertDoneOnce(load.outcomes, post, counter.executions)
    await assertRecordedOnBothSides(sandbox, load)
    await assertReconciled(sandbox, load)
    await assertVerifiable(sandbox, load, kills)
  } finally {
    await backend.close()
  }
})

function read(consumer: string, client: string, service: string, path: string): Traffic {
  const provider = service.split('/').slice(0, 3).join('/')
  const name = `${consumer} → ${service}`
  return { name, consumer, provider, client, method: 'GET', service, path }
}

/** Kills the gateway of the counting service while a POST is there that is not answered: nobody knows what became of it. */
async function killProviderAtWork(sandbox: RunningSandbox, underWay: () => number): Promise<Kill> {
  await untilTrue(() => underWay() > 0)
  const victim = `${DEWA}/gw-1`
  assert.ok(kill(sandbox, victim), `${victim} was there to be killed`)
  return { victim, atMs: Date.now() }
}

/** Kills one process after the other, in a new random order each round, so that none is left out. */
async function killAtRandom(sandbox: RunningSandbox): Promise<Kill[]> {
  const until = Date.now() + RUN_MS
  const kills: Kill[] = []
  let round: string[] = []
  while (Date.now() < until) {
    await pause(KILL_EVERY_MS * (0.5 + Math.random()))
    if (round.length === 0) round = shuffled([...processes(sandbox).keys()])
    const victim = round.shift() ?? ''
    // One that is on its way up again has its turn at the end of the round.
    if (kill(sandbox, victim)) kills.push({ victim, atMs: Date.now() })
    else round.push(victim)
  }
  const killed = new Set(kills.map(({ victim }) => victim))
  if (RUN_MS >= 100_000)
    assert.deepEqual(killed, new Set(processes(sandbox).keys()), 'every process was killed')
  return kills
}

/** The processes of the network as they run now. */
function processes({ file }: RunningSandbox): Map<string, number> {
  const { registry, branches, gateways } = file
  const actors = [...branches, ...gateways].map(({ id, pid }) => [id, pid] as const)
  return new Map([['registry', registry.pid], ...actors])
}

function kill(sandbox: RunningSandbox, victim: string): boolean {
  return signal(sandbox, victim, 'SIGKILL')
}

/** False when the process is not there just now. Signal 0 only asks. */
function signal(sandbox: RunningSandbox, name: string, what: 'SIGKILL' | 0): boolean {
  const pid = processes(sandbox).get(name)
  assert.ok(pid !== undefined && pid > 0, `${name} is a process of the sandbox`)
  try {
    process.kill(pid, what)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    return false
  }
}

function shuffled(names: string[]): string[] {
  return names
    .map((name) => ({ name, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name)
}

/** Every process is there, every call of the load is answered again, and all gateways follow one directory. */
async function untilHealed(sandbox: RunningSandbox, calls: readonly Traffic[]): Promise<void> {
  // A process that was just killed still counts as there for a moment, so its answer is asked for as well.
  await untilTrue(
    async () =>
      [...processes(sandbox).keys()].every((name) => signal(sandbox, name, 0)) &&
      (await fetch(`${sandbox.file.registry.url}/healthz`).catch(() => undefined))?.ok === true,
  )
  for (const traffic of calls) {
    await untilTrue(async () => (await callOnce(sandbox, traffic)).kind === 'acknowledged')
  }
  await untilTrue(async () => {
    const sizes = await Promise.all(
      sandbox.file.gateways.map(async ({ member }) => (await statusOf(sandbox, member))?.directory.size),
    )
    return sizes.every((size) => size !== undefined && size === sizes[0])
  })
}

interface Status {
  readonly directory: { readonly size: number }
  readonly sessions: readonly { readonly gateway: string }[]
}

async function statusOf(sandbox: RunningSandbox, member: string): Promise<Status | undefined> {
  return (await sandbox.admin(member, 'GET', '/v1/status').catch(() => undefined)) as Status | undefined
}

/**
 * The registry is gone for good while the load goes on. Sessions must be opened anew without it: to a provider that was
 * killed, by a consumer that was killed, over a branch that was killed, and between two members that never spoke before.
 */
async function liveWithoutRegistry(
  sandbox: RunningSandbox,
  load: Load,
  early: readonly Traffic[],
): Promise<Kill[]> {
  writeFileSync(join(actorDirectory(sandbox.state, 'registry'), STAY_DOWN), '')
  const kills: Kill[] = []
  const killNow = (victim: string): void => {
    assert.ok(kill(sandbox, victim), `${victim} was there to be killed`)
    kills.push({ victim, atMs: Date.now() })
  }
  const goneMs = Date.now()
  killNow('registry')
  await pause(1_000)
  const before = await statusOf(sandbox, DHA)
  assert.deepEqual(
    before?.sessions.filter(({ gateway }) => gateway.startsWith(DDA)),
    [],
    'these two never spoke',
  )
  load.add(FIRST_WITHOUT_REGISTRY)
  for (const victim of [`${DEWA}/gw-1`, `${RTA}/gw-1`, 'AE-DU/branch/CORE']) {
    await pause(3_000)
    killNow(victim)
  }
  await pause(goneMs + WITHOUT_REGISTRY_MS - Date.now())
  const lastKillMs = kills.at(-1)?.atMs ?? 0
  for (const traffic of [...early, FIRST_WITHOUT_REGISTRY])
    await untilTrue(() => load.acknowledged(traffic, lastKillMs).length > 0).catch(() => {
      assert.fail(`${traffic.name} is not answered after the last kill, without a registry`)
    })
  await assert.rejects(fetch(`${sandbox.file.registry.url}/healthz`), 'the registry is still down')
  return kills
}

/**
 * What the caller was told is true: an acknowledged call was carried out, none was carried out twice, and of one that
 * was carried out without an answer nobody said that it was not.
 */
function assertDoneOnce(
  outcomes: readonly CallOutcome[],
  post: Traffic,
  executions: ReadonlyMap<string, number>,
): void {
  const posts = outcomes.filter(({ traffic }) => traffic === post)
  const doneTwice = posts.filter(({ id }) => (executions.get(id) ?? 0) > 1)
  assert.deepEqual(doneTwice, [], 'carried out more than once')
  const lost = posts.filter(({ id, kind }) => kind === 'acknowledged' && !executions.has(id))
  assert.deepEqual(lost, [], 'acknowledged, and never carried out')
  const mistold = posts.filter(
    ({ id, kind, code }) => kind === 'told' && code !== 'outcome_unknown' && executions.has(id),
  )
  assert.deepEqual(mistold, [], 'carried out, and the caller was not told that this is unknown')
  const unknown = posts.filter(({ code }) => code === 'outcome_unknown')
  assert.ok(unknown.length > 0, 'a provider that is killed in the middle leaves an unknown outcome')
}

/** Every acknowledged exchange is answered in the evidence of both gateways. */
async function assertRecordedOnBothSides(sandbox: RunningSandbox, load: Load): Promise<void> {
  const acknowledged = load.outcomes.filter(({ kind }) => kind === 'acknowledged')
  assert.ok(acknowledged.length > RUN_MS / 100, `${acknowledged.length} exchanges were acknowledged`)
  for (const side of ['consumer', 'provider'] as const) {
    for (const member of new Set(acknowledged.map(({ traffic }) => traffic[side]))) {
      const answered = await answeredAt(sandbox, member)
      const missing = acknowledged.filter(
        ({ traffic, exchange }) => traffic[side] === member && !answered.has(exchange),
      )
      assert.deepEqual(missing, [], `acknowledged exchanges are missing at the ${side} ${member}`)
    }
  }
}

/** What two gateways hold differently is never an exchange that was acknowledged. */
async function assertReconciled(sandbox: RunningSandbox, load: Load): Promise<void> {
  const acknowledged = new Set(
    load.outcomes.flatMap((one) => (one.kind === 'acknowledged' ? one.exchange : [])),
  )
  const sides = ['--gateway', `${RTA}/gw-1`, '--peer-gateway', `${DEWA}/gw-1`]
  const until = new Date().toISOString()
  const { stdout } = await sandbox.cli('evidence', 'reconcile', ...sides, '--until', until, '--json')
  const result = JSON.parse(stdout) as { compared: number; oneSided: { exchange: string }[] }
  assert.ok(result.compared > 0)
  assert.deepEqual(
    result.oneSided.filter(({ exchange }) => acknowledged.has(exchange)),
    [],
  )
}

async function answeredAt(sandbox: RunningSandbox, member: string): Promise<Set<string>> {
  const found = new Set<string>()
  let cursor: string | undefined
  for (;;) {
    const query = new URLSearchParams({ limit: '500', ...(cursor === undefined ? {} : { cursor }) })
    const page = (await sandbox.admin(member, 'GET', `/v1/exchanges?${query.toString()}`)) as {
      exchanges: { exchange: string; state: string }[]
      cursor?: string
      complete: boolean
    }
    // An index that is behind is asked again: only a page that saw everything counts as a list.
    if (!page.complete) continue
    for (const { exchange, state } of page.exchanges) if (state === 'answered') found.add(exchange)
    ;({ cursor } = page)
    if (cursor === undefined) return found
  }
}

/** The exchanges just before and just after every kill verify offline, from the export of either side. */
async function assertVerifiable(sandbox: RunningSandbox, load: Load, kills: readonly Kill[]): Promise<void> {
  const anchor = await readAnchor(sandbox.file.anchor)
  const sample = new Set<CallOutcome>()
  for (const traffic of new Set(load.outcomes.map((outcome) => outcome.traffic))) {
    const acknowledged = load.acknowledged(traffic)
    for (const { atMs } of kills) {
      const before = acknowledged.findLast(({ endedMs }) => endedMs < atMs)
      const after = acknowledged.find(({ endedMs }) => endedMs >= atMs)
      for (const one of [before, after]) if (one !== undefined) sample.add(one)
    }
  }
  for (const { exchange, traffic } of sample) {
    for (const member of [traffic.consumer, traffic.provider]) {
      const file = await sandbox.admin(member, 'GET', `/v1/exchanges/${exchange}/evidence`)
      const result = verifyEvidence(JSON.stringify(file), anchor)
      assert.ok(result.ok, `${exchange} at ${member}: ${JSON.stringify(result)}`)
      assert.ok(result.facts.answer !== null, `${exchange} at ${member} has an answer`)
    }
  }
}

function tellWhatHappened(tell: (line: string) => void, load: Load, kills: readonly Kill[]): void {
  const count = new Map<string, number>()
  for (const { traffic, kind, code } of load.outcomes) {
    const key = `${traffic.method} ${traffic.name}: ${kind}${code === undefined ? '' : ` ${code}`}`
    count.set(key, (count.get(key) ?? 0) + 1)
  }
  for (const { victim } of kills) count.set(`killed ${victim}`, (count.get(`killed ${victim}`) ?? 0) + 1)
  for (const [key, times] of count) tell(`${times} × ${key}`)
}
