import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isAlive } from '../../sandbox/program-of.ts'
import { DHA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const DM = 'AE-DU/GOV/DM'
const THIRD = 'AE-DU/branch/THIRD'
const HOLIDAYS = 'AE-DU/GOV/DDA/PORTAL/holidays'

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
})

function actorPids(): number[] {
  const { registry, branches, gateways } = sandbox.file
  return [registry, ...branches, ...gateways].map(({ pid }) => pid)
}

function supervisorPid(): number {
  return Number(readFileSync(join(sandbox.state, 'sandbox.pid'), 'utf8'))
}

async function callHolidays(): Promise<number> {
  const headers = { 'x-road-client': DM }
  try {
    return (await fetch(sandbox.url(DM, HOLIDAYS, '/holidays'), { headers })).status
  } catch {
    // Its port follows from nothing: after a start again it is another, once sandbox.json says so.
    return 0
  }
}

test('a gateway and a branch that join are listed and kept running like those that were built', async () => {
  assert.equal((await sandbox.cli('member', 'admit', DM, '--name-en', 'Dubai Municipality')).code, 0)
  const { stdout: gatewayToken } = await sandbox.cli('gateway', 'token', '--member', DM)
  const gateway = await sandbox.cli('gateway', 'join', gatewayToken.trim(), '--json')
  assert.equal(gateway.code, 0, gateway.stderr)
  const port = Number(new URL(sandbox.file.registry.url).port) + 30
  const { stdout: branchToken } = await sandbox.cli('branch', 'token', THIRD, '--host', DM)
  const addresses = ['--control', `127.0.0.1:${port}`, '--tunnel', `127.0.0.1:${port + 1}`]
  const http = ['--http', `127.0.0.1:${port + 2}`]
  const branch = await sandbox.cli('branch', 'join', branchToken.trim(), ...addresses, ...http, '--json')
  assert.equal(branch.code, 0, branch.stderr)
  const { pid } = JSON.parse(branch.stdout) as { pid: number }
  assert.equal(sandbox.file.branches.find(({ id }) => id === THIRD)?.pid, pid)

  process.kill(sandbox.gatewayOf(DHA).pid, 'SIGKILL')
  const killed = sandbox.gatewayOf(DM).pid
  process.kill(killed, 'SIGKILL')
  process.kill(pid, 'SIGKILL')
  await untilTrue(() => actorPids().every(isAlive) && sandbox.gatewayOf(DM).pid !== killed)
  await untilTrue(async () => (await callHolidays()) === 200)
  assert.notEqual(sandbox.file.branches.find(({ id }) => id === THIRD)?.pid, pid)
})

test('a second `up` is refused and disturbs nothing', async () => {
  const pids = actorPids()
  const port = new URL(sandbox.file.registry.url).port
  const second = await sandbox.cli('sandbox', 'up', '--state', sandbox.state, '--port-base', port)
  assert.equal(second.code, 1)
  assert.match(second.stderr, /A sandbox runs in .* already/)
  assert.doesNotMatch(second.stderr, /\n\s+at /)
  assert.deepEqual(actorPids(), pids)
  assert.ok(pids.every(isAlive))
  assert.equal(await callHolidays(), 200)
})

test('after a killed supervisor `up` ends what it left and resumes all, also what had joined', async () => {
  const left = actorPids()
  process.kill(supervisorPid(), 'SIGKILL')
  await once(sandbox.up, 'exit')
  assert.ok(left.every(isAlive))
  await sandbox.startAgain()
  assert.deepEqual(left.filter(isAlive), [])
  assert.ok(actorPids().every(isAlive))
  assert.ok(sandbox.file.branches.some(({ id }) => id === THIRD))
  await untilTrue(async () => (await callHolidays()) === 200)
})

test('a branch that is retired ends, and is not started again', async () => {
  const pid = sandbox.file.branches.find(({ id }) => id === THIRD)?.pid ?? 0
  const retired = await sandbox.cli('branch', 'retire', THIRD, '--json')
  assert.equal(retired.code, 0, retired.stderr)
  assert.deepEqual(JSON.parse(retired.stdout), { branch: THIRD, linesRemoved: [], tunnelsCut: 0 })
  await untilTrue(() => !isAlive(pid))
  assert.ok(!sandbox.file.branches.some(({ id }) => id === THIRD))
})

test('after a killed supervisor `down` ends what it left, and says so', async () => {
  const left = actorPids()
  process.kill(supervisorPid(), 'SIGKILL')
  await once(sandbox.up, 'exit')
  const down = await sandbox.cli('sandbox', 'down', '--state', sandbox.state, '--json')
  assert.equal(down.code, 0, down.stderr)
  // Beside the actors four backends and the stand-in of the national identity.
  assert.deepEqual(JSON.parse(down.stdout), { stopped: true, ended: left.length + 5, remaining: [] })
  assert.deepEqual(left.filter(isAlive), [])
  const again = await sandbox.cli('sandbox', 'down', '--state', sandbox.state, '--json')
  assert.deepEqual(JSON.parse(again.stdout), { stopped: true, ended: 0, remaining: [] })
})

test('SIGINT to `up` alone, even twice, stops everything in good order', async () => {
  await sandbox.startAgain()
  assert.ok(!sandbox.file.branches.some(({ id }) => id === THIRD), 'it stays retired')
  const pids = actorPids()
  const ended = once(sandbox.up, 'exit')
  sandbox.up.kill('SIGINT')
  sandbox.up.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
  assert.deepEqual(pids.filter(isAlive), [])
})
