import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { actorDirectory } from '../../sandbox/layout.ts'
import { isAlive } from '../../sandbox/program-of.ts'
import { STAY_DOWN } from '../../sandbox/supervisor.ts'
import { BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const CORE = 'AE-DU/branch/CORE'
const THIRD = 'AE-DU/branch/THIRD'
const OPERATOR = 'AE-DU/GOV/DDA'
const RTA_GATEWAY = `${RTA}/gw-1`
const DEWA_GATEWAY = `${DEWA}/gw-1`

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
})

async function operate(method: string, path: string, body?: object): Promise<unknown> {
  const { url, adminToken } = sandbox.file.registry
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  assert.ok(response.ok, JSON.stringify(answer))
  return answer
}

/** The paths of the sessions that a member's gateway holds with a peer, without those that end. */
async function pathsTo(member: string, peer: string): Promise<string[][]> {
  const { sessions } = (await sandbox.admin(member, 'GET', '/v1/status')) as {
    sessions: { gateway: string; path: string[]; use: string }[]
  }
  return sessions.filter(({ gateway, use }) => gateway === peer && use !== 'ending').map(({ path }) => path)
}

async function linkedTo(member: string, branch: string): Promise<boolean> {
  const { branches } = (await sandbox.admin(member, 'GET', '/v1/status')) as {
    branches: { branch: string; state: string }[]
  }
  return branches.some((link) => link.branch === branch && link.state === 'up')
}

async function callBills(): Promise<number> {
  const headers = { 'x-road-client': LICENSING }
  const response = await fetch(sandbox.url(RTA, BILLS, '/bills?account=2000000002'), { headers })
  await response.arrayBuffer()
  return response.status
}

/** A third branch that carries the sessions between RTA and DEWA, since they have no other line but theirs to it. */
async function joinThird(): Promise<number> {
  const { stdout: token } = await sandbox.cli('branch', 'token', THIRD, '--host', OPERATOR)
  const port = Number(new URL(sandbox.file.registry.url).port) + 30
  const addresses = ['--control', `127.0.0.1:${port}`, '--tunnel', `127.0.0.1:${port + 1}`]
  const http = ['--http', `127.0.0.1:${port + 2}`]
  const joined = await sandbox.cli('branch', 'join', token.trim(), ...addresses, ...http, '--json')
  assert.equal(joined.code, 0, joined.stderr)
  for (const [line, end] of [
    ['THIRD-RTA', RTA_GATEWAY],
    ['THIRD-DEWA', DEWA_GATEWAY],
    ['THIRD-CORE', CORE],
  ] as const) {
    const facts = { capacityMbps: 1_000, monthlyCostAed: 0, owner: 'operator', riskGroups: [] }
    await operate('POST', '/v1/lines', { line, ends: [THIRD, end], ...facts })
  }
  return (JSON.parse(joined.stdout) as { pid: number }).pid
}

test('a branch that is the only way to a gateway is not retired, and the gateway is named', async () => {
  const refused = await sandbox.cli('branch', 'retire', CORE, '--json')
  assert.equal(refused.code, 1, refused.stdout)
  const { error } = JSON.parse(refused.stdout) as {
    error: { code: string; details: { gateways: string[] } }
  }
  assert.equal(error.code, 'branch_needed')
  assert.ok(error.details.gateways.includes(`${DHA}/gw-1`), JSON.stringify(error.details))
  assert.ok(!error.details.gateways.includes(RTA_GATEWAY), 'it has a second way')
  assert.equal(await callBills(), 200)
})

test('a retired branch is left before it goes: no call fails, its process ends and stays down', async () => {
  const pid = await joinThird()
  await untilTrue(async () => (await linkedTo(RTA, THIRD)) && (await linkedTo(DEWA, THIRD)))
  const failed: number[] = []
  const calls = { going: true }
  const calling = (async () => {
    for (let made = 0; calls.going || made < 20; made += 1) {
      const status = await callBills()
      if (status !== 200) failed.push(status)
    }
  })()

  // The others leave and come back: from then on all sessions run over the third.
  const others = [CORE, 'AE-DU/branch/MORO']
  const stayDown = others.map((id) => join(actorDirectory(sandbox.state, id), STAY_DOWN))
  for (const file of stayDown) writeFileSync(file, '')
  for (const { id, pid: other } of sandbox.file.branches)
    if (others.includes(id)) process.kill(other, 'SIGTERM')
  await untilTrue(async () => {
    const paths = await pathsTo(RTA, DEWA_GATEWAY)
    return paths.length > 0 && paths.every((path) => path.join() === THIRD)
  })
  for (const file of stayDown) rmSync(file)
  await untilTrue(async () => (await linkedTo(RTA, CORE)) && (await linkedTo(DEWA, CORE)))

  const retired = await sandbox.cli('branch', 'retire', THIRD, '--json')
  assert.equal(retired.code, 0, retired.stderr)
  assert.deepEqual(JSON.parse(retired.stdout), {
    branch: THIRD,
    linesRemoved: ['THIRD-RTA', 'THIRD-DEWA', 'THIRD-CORE'],
    tunnelsCut: 0,
  })
  calls.going = false
  await calling
  assert.deepEqual(failed, [])
  assert.ok((await pathsTo(RTA, DEWA_GATEWAY)).every((path) => !path.includes(THIRD)))

  assert.ok(!sandbox.file.branches.some(({ id }) => id === THIRD), 'sandbox.json no longer lists it')
  await untilTrue(() => !isAlive(pid))
  const { branches } = (await operate('GET', '/v1/branches')) as { branches: { branch: string }[] }
  assert.ok(!branches.some(({ branch }) => branch === THIRD))
  const again = await sandbox.cli('branch', 'retire', THIRD)
  assert.equal(again.code, 1)
  assert.match(again.stderr, /no branch in office/)
})
