import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BILLS, DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

/** How long the load runs, in milliseconds. */
const RUN_MS = Number(process.env['WUSLA_KILL_SECONDS'] ?? '120') * 1_000
/** Pause between two kills, in milliseconds. */
const KILL_EVERY_MS = 6_000

interface Acknowledged {
  readonly exchange: string
  readonly status: number
}

test('kill -9 of every process under load: no acknowledged evidence is lost, and the network heals by itself', async () => {
  await using sandbox = await RunningSandbox.start()
  const acknowledged: Acknowledged[] = []
  const load = { running: true, failures: 0 }
  const workers = [1, 2, 3, 4].map(async () => await callUntilStopped(sandbox, load, acknowledged))
  await killInTurn(sandbox)
  // The registry goes last and stays down: exchanges must go on without it.
  process.kill(sandbox.file.registry.pid, 'SIGKILL')
  load.running = false
  await Promise.all(workers)
  await untilTrue(async () => (await tryCall(sandbox)) !== undefined)
  assert.ok(acknowledged.length > 100, `${acknowledged.length} exchanges were answered`)
  await assertProven(sandbox, acknowledged)
  await assertDirectoriesAgree(sandbox)
})

test('with the registry down exchanges go on, and what is agreed stays agreed', async () => {
  await using sandbox = await RunningSandbox.start({ restart: false })
  assert.ok((await tryCall(sandbox)) !== undefined)
  process.kill(sandbox.file.registry.pid, 'SIGKILL')
  for (let call = 0; call < 50; call += 1) assert.equal((await tryCall(sandbox))?.status, 200)
})

async function callUntilStopped(
  sandbox: RunningSandbox,
  load: { running: boolean; failures: number },
  acknowledged: Acknowledged[],
): Promise<void> {
  while (load.running) {
    const answer = await tryCall(sandbox)
    if (answer === undefined) {
      load.failures += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    } else acknowledged.push(answer)
  }
}

/** One call; undefined when the network could not serve it at this moment. */
async function tryCall(sandbox: RunningSandbox): Promise<Acknowledged | undefined> {
  try {
    const response = await fetch(sandbox.url(RTA, BILLS, '/bills?account=2000000002'), {
      headers: { 'x-road-client': LICENSING },
      signal: AbortSignal.timeout(40_000),
    })
    await response.arrayBuffer()
    if (response.status !== 200) return undefined
    return { exchange: response.headers.get('x-road-request-id') ?? '', status: response.status }
  } catch {
    return undefined
  }
}

async function killInTurn(sandbox: RunningSandbox): Promise<void> {
  const until = Date.now() + RUN_MS
  for (let turn = 0; Date.now() < until; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, KILL_EVERY_MS * (0.5 + Math.random())))
    const { registry, branches, gateways } = sandbox.file
    const victims = [
      registry.pid,
      ...branches.map(({ pid }) => pid),
      ...gateways.filter(({ member }) => member === RTA || member === DEWA).map(({ pid }) => pid),
    ]
    const victim = victims[turn % victims.length]
    if (victim !== undefined) kill(victim)
  }
}

/** The part may be on its way up again: then there is nobody to kill this time. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Every answered exchange must be known, answered, at both gateways; a sample is exported and verified. */
async function assertProven(sandbox: RunningSandbox, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const member of [RTA, DEWA]) {
    const missing: string[] = []
    for (const { exchange } of acknowledged) {
      const row = (await sandbox.admin(member, 'GET', `/v1/exchanges/${exchange}`).catch(() => undefined)) as
        { state?: string } | undefined
      if (row?.state !== 'answered') missing.push(exchange)
    }
    assert.deepEqual(
      missing,
      [],
      `${missing.length} of ${acknowledged.length} acknowledged exchanges are missing at ${member}`,
    )
  }
  for (const { exchange } of [
    acknowledged[0],
    acknowledged[Math.floor(acknowledged.length / 2)],
    acknowledged.at(-1),
  ].filter((one) => one !== undefined)) {
    const out = `${sandbox.state}/sample.json`
    assert.equal((await sandbox.cli('evidence', 'export', '--exchange', exchange, '--out', out)).code, 0)
    const verified = await sandbox.cli('evidence', 'verify', out, '--anchor', sandbox.file.anchor)
    assert.equal(verified.code, 0, verified.stdout)
  }
}

async function assertDirectoriesAgree(sandbox: RunningSandbox): Promise<void> {
  await untilTrue(async () => {
    const sizes = await Promise.all(
      sandbox.file.gateways.map(async ({ member }) => {
        const status = (await sandbox.admin(member, 'GET', '/v1/status').catch(() => undefined)) as
          { directory: { size: number } } | undefined
        return status?.directory.size
      }),
    )
    return sizes.every((size) => size !== undefined && size === sizes[0])
  })
}
