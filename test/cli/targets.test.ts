import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { callBills, HostileNetwork, type RunningGateway } from '../hostile/hostile-network.ts'
import { type CliResult, runWusla } from './run-wusla.ts'

// A sandbox file that names three gateways: two run, and the first one is down.

const BOUNDED = { timeout: 60_000 }
const DOWN = 'AE-DU/GOV/DHA/gw-1'
const folder = mkdtempSync(join(tmpdir(), 'wusla-targets-'))
let network: HostileNetwork
let rta: RunningGateway
let dewa: RunningGateway

before(async () => {
  network = await HostileNetwork.open()
  await network.agree()
  dewa = await network.startGateway(network.dewa)
  rta = await network.startGateway(network.rta)
  assert.equal((await callBills(rta)).status, 200)
  const entry = (id: string, frontDoor: string, admin: RunningGateway['admin']): object => ({
    id,
    member: id.split('/').slice(0, 3).join('/'),
    frontDoor,
    admin,
    state: folder,
    pid: 1,
  })
  // Port 1 of this machine: nobody listens there.
  const down = { url: 'http://127.0.0.1:1', token: 'none' }
  const sandbox = {
    network: 'AE-DU',
    anchor: join(folder, 'anchor.json'),
    registry: { url: down.url, pid: 1, adminToken: 'none' },
    branches: [],
    gateways: [
      entry(DOWN, down.url, down),
      ...[rta, dewa].map(({ keys, frontDoor, admin }) => entry(keys.gateway, frontDoor, admin)),
    ],
    examples: [],
  }
  writeFileSync(join(folder, 'sandbox.json'), JSON.stringify(sandbox))
})

after(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const wusla = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> =>
  await runWusla([...args, '--json'], env)

test('lists ask every gateway of a sandbox, and tell which one does not answer', BOUNDED, async () => {
  const state = ['--state', folder]
  const exchanges = await wusla(['evidence', 'list', ...state])
  assert.equal(exchanges.code, 0, exchanges.stderr)
  assert.match(exchanges.stderr, new RegExp(`warning: ${DOWN}: Nobody answers`))
  const both = [rta.keys.gateway, dewa.keys.gateway]
  const listed = JSON.parse(exchanges.stdout) as { exchanges: { gateways: string[] }[]; failed: object[] }
  assert.deepEqual(
    listed.exchanges.map(({ gateways }) => gateways),
    [both],
  )
  assert.deepEqual(listed.failed, [{ gateway: DOWN, code: 'actor_unreachable' }])
  const status = await wusla(['gateway', 'status', ...state])
  const { gateways } = JSON.parse(status.stdout) as { gateways: { gateway: string }[] }
  assert.deepEqual(
    gateways.map(({ gateway }) => gateway),
    both,
  )
  const agreements = await wusla(['agreement', 'list', ...state])
  const rows = JSON.parse(agreements.stdout) as { agreements: { id: string; gateways: string[] }[] }
  assert.deepEqual(
    rows.agreements.map(({ id, gateways: its }) => [id, its]),
    [[network.agreement, both]],
  )
})

test(
  'a gateway is chosen by member, by identifier, by environment or by configuration file',
  BOUNDED,
  async () => {
    const { gateway, member } = dewa.keys
    const { url, token } = dewa.admin
    const config = join(folder, 'cli.json')
    writeFileSync(config, JSON.stringify({ gateway: url, gatewayToken: token }))
    const inSandbox = { WUSLA_STATE: folder }
    const ways: readonly (readonly [readonly string[], NodeJS.ProcessEnv])[] = [
      [['--member', member], inSandbox],
      [['--gateway', gateway], inSandbox],
      [[], { ...inSandbox, WUSLA_GATEWAY: gateway }],
      [[], { WUSLA_GATEWAY: url, WUSLA_TOKEN: token }],
      [['--config', config], {}],
      [[], { WUSLA_CONFIG: config }],
    ]
    for (const [args, env] of ways) {
      const { stdout, code, stderr } = await wusla(['gateway', 'status', ...args], env)
      assert.equal(code, 0, stderr)
      assert.equal((JSON.parse(stdout) as { gateway: string }).gateway, gateway)
    }
  },
)

test(
  'a branch is named by configuration file too, and a file with a slip says where it is',
  BOUNDED,
  async () => {
    const config = join(folder, 'branch.json')
    writeFileSync(config, JSON.stringify({ branch: 'http://127.0.0.1:1' }))
    const away = await wusla(['branch', 'status', '--config', config])
    assert.deepEqual([away.code, /actor_unreachable/.test(away.stderr)], [1, true], away.stderr)
    writeFileSync(config, JSON.stringify({ gatway: 'x', gateway: 7 }))
    const slip = await wusla(['gateway', 'status', '--config', config])
    assert.equal(slip.code, 2)
    assert.match(slip.stderr, /\/gateway: must be string/)
    assert.match(slip.stderr, /\(gatway\)/)
  },
)
