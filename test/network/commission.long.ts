import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../../sandbox/program-of.ts'
import { Load, type Traffic } from './load.ts'
import { type Added, answersOf, pairsOf } from './new-branch-calls.ts'
import { BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
})

async function add(...args: readonly string[]): Promise<Added> {
  const { code, stdout, stderr } = await sandbox.cli('sandbox', 'branch', 'add', ...args, '--json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Added
}

/** Runs the command and kills it as soon as `file` is there. */
async function addKilledAt(name: string, file: string): Promise<void> {
  const args = [LAUNCHER, 'sandbox', 'branch', 'add', name, '--state', sandbox.state]
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    const child = execFile(process.execPath, args, () => {
      hasEnded = true
      resolve()
    })
    const look = setInterval(() => {
      if (!hasEnded && !existsSync(file)) return
      clearInterval(look)
      child.kill('SIGKILL')
    }, 1)
  })
  await ended
}

test('from join to the first exchange it takes less than 10 s, with traffic on the others', async () => {
  await using load = new Load(sandbox)
  const bill = '/bills/2000000001-2026-03'
  const between = { consumer: RTA, provider: DEWA, client: LICENSING }
  const reads: Traffic = { name: 'reads', ...between, method: 'GET', service: BILLS, path: bill }
  for (let caller = 0; caller < 4; caller += 1) load.add(reads)
  const { proof } = await add('NORTH')
  await load.stop()
  assert.ok(proof.first.sinceJoinMs < 10_000, `${proof.first.sinceJoinMs} ms`)
  assert.ok(load.outcomes.length > 100)
  assert.deepEqual(
    load.outcomes.filter(({ kind }) => kind !== 'acknowledged'),
    [],
  )
})

test('an add that is killed at any point is repeated to its end, and only as it was begun', async () => {
  const { state } = sandbox
  const points = [
    join(state, 'additions', 'WEST.unfinished.json'),
    join(state, 'branches', 'AE-DU-branch-WEST', 'joining.json'),
    join(state, 'branches', 'AE-DU-branch-WEST', 'branch.json'),
    join(state, 'gateways', 'AE-DU-COM-WEST-gw-1', 'joining.json'),
    join(state, 'gateways', 'AE-DU-COM-WEST-gw-1', 'gateway.json'),
    join(state, 'joined', 'AE-DU-COM-WEST-gw-1.json'),
  ]
  for (const point of points) await addKilledAt('WEST', point)
  assert.ok(existsSync(points[0] ?? ''))
  const other = await sandbox.cli('sandbox', 'branch', 'add', 'WEST', '--cost', '1')
  assert.equal(other.code, 2)
  assert.match(
    other.stderr,
    /repeat it as it was: wusla sandbox branch add WEST --capacity 10000 --cost 42000/,
  )
  const { proof, service, predicted } = await add('WEST')
  assert.ok(proof.isExact)
  const { answered } = await answersOf(sandbox, 'AE-DU/COM/WEST', [service])
  // What NORTH offers is new to WEST as well, and its own test calls the sandbox's first services only.
  const ofNorth = ['AE-DU/COM/WEST AE-DU/COM/NORTH/CLOUD/archive']
  assert.deepEqual([...answered, ...ofNorth].sort(), pairsOf(predicted.gained))
  assert.equal(existsSync(points[0] ?? ''), false)
  assert.equal(sandbox.file.lines.filter(({ id }) => id.startsWith('WEST-')).length, 4)
})

test('who has no way to a branch is predicted to have none, and has none', async () => {
  const { proof, predicted, service } = await add('ALONE', '--line-to', `${RTA}/gw-1`, '--cost', '700')
  assert.deepEqual(pairsOf(predicted.gained), [`${RTA} ${service}`])
  assert.equal(predicted.extraAed, 700)
  assert.ok(proof.isExact)
  assert.deepEqual(proof.first.path, ['AE-DU/branch/ALONE'])
  const { answered, refused } = await answersOf(sandbox, 'AE-DU/COM/ALONE', [service])
  assert.deepEqual(answered, pairsOf(predicted.gained))
  const toService = refused.filter((use) => use.service === service)
  assert.deepEqual(
    toService.map(({ entity }) => entity).sort(),
    predicted.stillUnreached
      .filter((use) => use.service === service)
      .map(({ entity }) => entity)
      .sort(),
  )
  assert.deepEqual(new Set(toService.map(({ code }) => code)), new Set(['no_path']))
})

test('a branch without a service of its own joins what was parted, and that is predicted and found too', async () => {
  const { proof, predicted } = await add('BRIDGE', '--no-service', '--line-to', 'ALONE', '--line-to', 'CORE')
  assert.ok(proof.isExact)
  assert.ok(proof.first.path.includes('AE-DU/branch/BRIDGE'))
  const service = 'AE-DU/COM/ALONE/CLOUD/archive'
  const { answered } = await answersOf(sandbox, 'AE-DU/COM/ALONE', [service])
  // Two more services than are called here are open to the one that was alone: those of NORTH and WEST.
  const others = ['NORTH', 'WEST'].map((name) => `AE-DU/COM/ALONE AE-DU/COM/${name}/CLOUD/archive`)
  assert.deepEqual(
    [...answered, ...others].filter((pair) => pair !== `${RTA} ${service}`).sort(),
    pairsOf(predicted.gained),
  )
  for (const line of ['BRIDGE-ALONE', 'BRIDGE-CORE'])
    assert.equal((await sandbox.cli('line', 'remove', line)).code, 0)
})

test('what a line would bring, asked of the live network, is what it brings', async () => {
  const service = 'AE-DU/COM/ALONE/CLOUD/archive'
  const file = join(sandbox.state, 'alone-core.json')
  const ends = ['AE-DU/branch/ALONE', 'AE-DU/branch/CORE']
  const type = 'wusla/network-addition/v1'
  const facts = { capacityMbps: 1_000, monthlyCostAed: 8_000 }
  writeFileSync(file, JSON.stringify({ type, lines: [{ id: 'ALONE-CORE', ends, ...facts }] }))
  const asked = await sandbox.cli('plan', 'impact', '--add-line', file, '--json')
  const { gained, cost } = JSON.parse(asked.stdout) as Added['predicted']
  assert.equal(cost.extraAed, 8_000)
  const terms = ['--capacity', '1000', '--cost', '8000', '--owner', 'AE-DU/COM/ALONE']
  assert.equal((await sandbox.cli('line', 'register', 'ALONE-CORE', ...ends, ...terms)).code, 0)
  const call = async (): Promise<string[]> => {
    const { answered } = await answersOf(sandbox, 'AE-DU/COM/ALONE', [
      service,
      'AE-DU/COM/NORTH/CLOUD/archive',
      'AE-DU/COM/WEST/CLOUD/archive',
    ])
    return answered
  }
  const had = [`${RTA} ${service}`]
  // What was within reach before among what is called now: all that has to do with NORTH and WEST alone.
  const isNew = (pair: string): boolean => pair.includes('/COM/ALONE') && !had.includes(pair)
  await untilTrue(async () => (await call()).filter(isNew).length === gained.length)
  assert.deepEqual((await call()).filter(isNew), pairsOf(gained))
})

test('a branch alone brings no service, and lines that lie there already cost nothing extra', async () => {
  const lines = ['--line-to', 'CORE', '--installed-since', '2024-03-01']
  const result = await add('BARE', '--no-service', '--class', 'sovereign', ...lines)
  assert.deepEqual([result.predicted.gained, result.predicted.extraAed, result.proof.isExact], [[], 0, true])
  const model = await sandbox.cli('plan', 'model', '--json')
  const live = JSON.parse(model.stdout) as {
    branches: { id: string }[]
    lines: { id: string; installedSince?: string }[]
  }
  const branch = { id: 'AE-DU/branch/BARE', host: 'AE-DU/COM/BARE', class: 'sovereign' }
  assert.deepEqual(
    live.branches.find(({ id }) => id === branch.id),
    branch,
  )
  assert.equal(live.lines.find(({ id }) => id === 'BARE-CORE')?.installedSince, '2024-03-01')
})

test('a member that had no gateway yet reaches at the new branch what is open', async () => {
  const member = 'AE-DU/COM/BARE'
  const { predicted, proof } = await add('HOSTED', '--host', member, '--line-to', 'CORE')
  assert.ok(proof.isExact)
  assert.ok(pairsOf(predicted.gained).includes(`${member} AE-DU/GOV/DDA/PORTAL/holidays`))
})

test('after a restart of the sandbox everything that was added is there again', async () => {
  const names = ({ branches, lines, gateways }: RunningSandbox['file']): string[] =>
    [...branches, ...lines, ...gateways].map(({ id }) => id).sort()
  const before = names(sandbox.file)
  await sandbox.cli('sandbox', 'down', '--state', sandbox.state)
  await sandbox.startAgain()
  assert.deepEqual(names(sandbox.file), before)
  assert.ok(sandbox.file.branches.every(({ pid }) => isAlive(pid)))
  const url = sandbox.url(DHA, 'AE-DU/COM/WEST/CLOUD/archive', '/objects')
  await untilTrue(async () => (await fetch(url, { headers: { 'x-road-client': DHA } })).ok)
})
