import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/protocol/clock.ts'
import { startRegistry } from '../../src/registry/start-registry.ts'
import { callApi } from '../api-client.ts'
import { createNetwork } from '../join/create-network.ts'
import { joinBranch } from '../join/join-branch.ts'
import { joinGateway } from '../join/join-gateway.ts'
import { freePorts } from '../new-branch/free-ports.ts'
import { LAUNCHER } from './start-detached.ts'

const MEMBER = 'AE-DU/GOV/DDA'
const OTHER = 'AE-DU/GOV/RTA'
const directory = mkdtempSync(join(tmpdir(), 'wusla-failed-start-'))
/** Holds the address that the actors under test want. */
const occupant = createServer()
const running = new AsyncDisposableStack()
let taken: string

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

before(async () => {
  const listen = await listenSomewhere(occupant)
  taken = listen
  // Below the ports that the system gives to connections, and above those of the sandboxes of other tests.
  const { http } = await freePorts(32_400, new Set())
  const name = { ar: 'شبكة', en: 'network' }
  const created = await createNetwork({
    network: 'AE-DU',
    directory: join(directory, 'registry'),
    listen: `127.0.0.1:${http}`,
    name,
  })
  const { url, close } = await startRegistry(join(directory, 'registry'), {
    clock: systemClock,
    fetch,
    onEvent: () => {},
  })
  running.defer(close)
  const admin = { url, token: created.adminToken }
  await callApi(admin, 'POST', '/v1/members', { member: MEMBER, name })
  const token = async (kind: string, subject: string): Promise<string> => {
    const body = { kind, subject, ...(kind === 'branch' ? { member: MEMBER } : { branches: [] }) }
    return ((await callApi(admin, 'POST', '/v1/tokens', body)) as { token: string }).token
  }
  await joinBranch({
    token: await token('branch', 'AE-DU/branch/CORE'),
    directory: join(directory, 'branch'),
    control: taken,
    tunnel: taken,
    http: taken,
  })
  await callApi(admin, 'POST', '/v1/members', { member: OTHER, name })
  for (const [member, folder, frontDoor, adminListen] of [
    [MEMBER, 'gw-front', taken, '127.0.0.1:0'],
    [OTHER, 'gw-admin', '127.0.0.1:0', taken],
  ] as const) {
    await joinGateway({
      token: await token('gateway', `${member}/gw-1`),
      directory: join(directory, folder),
      frontDoor: { frontDoor },
      admin: adminListen,
    })
  }
})

after(async () => {
  await running.disposeAsync()
  await new Promise((resolve) => occupant.close(resolve))
  rmSync(directory, { recursive: true })
})

async function listenSomewhere(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs an actor; the process must end by itself, and is killed after 20 s so that the test can say that it did not. */
async function run(
  args: readonly string[],
  onStderr: (text: string, pid: number) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    onStderr(stderr, child.pid ?? 0)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(late)
  return { code, signal, stderr }
}

for (const [kind, name] of [
  ['branch', 'branch'],
  ['gateway', 'gw-front'],
  ['gateway', 'gw-admin'],
] as const) {
  test(`a ${kind} that cannot listen (${name}) says so and ends by itself with exit code 1`, async () => {
    const { code, signal, stderr } = await run([kind, 'run', '--dir', join(directory, name)])
    assert.deepEqual([code, signal], [1, null], stderr)
    assert.match(stderr, /config_invalid/)
  })
}

test('a registry that cannot listen says so and ends by itself with exit code 1', async () => {
  const second = join(directory, 'second-registry')
  await createNetwork({ network: 'AE-DU', directory: second, listen: taken, name: { ar: 'ش', en: 'n' } })
  const { code, signal, stderr } = await run(['registry', 'run', '--dir', second])
  assert.deepEqual([code, signal], [1, null], stderr)
  assert.match(stderr, new RegExp(`${taken}: somebody else listens there`))
})

test('SIGTERM ends a gateway that still waits for the first entry of the directory', async () => {
  const waiting = join(directory, 'gw-admin')
  rmSync(join(waiting, 'directory'), { recursive: true, force: true })
  await running.disposeAsync()
  let told = false
  const { code, signal, stderr } = await run(['gateway', 'run', '--dir', waiting], (text, pid) => {
    // The first event of the follower says that the start has come to the step that waits.
    if (told || !text.includes('"kind"')) return
    told = true
    process.kill(pid, 'SIGTERM')
  })
  assert.equal(told, true)
  assert.deepEqual([code, signal], [0, null], stderr)
  assert.match(stderr, /stopped_before_ready/)
})
