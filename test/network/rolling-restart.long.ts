import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { actorDirectory } from '../../sandbox/layout.ts'
import { STAY_DOWN } from '../../sandbox/supervisor.ts'
import { startCountingBackend } from './counting-backend.ts'
import { LoadBalancer } from './load-balancer.ts'
import { DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

/** How long the service takes for a call, in milliseconds: every restart finds some half done. */
const WORK_MS = 60
/** Pause of a caller between two calls, in milliseconds. */
const BETWEEN_CALLS_MS = 10
/** A body that streams: so many pieces of so many bytes, with so many milliseconds between them. */
const [PIECES, PIECE_BYTES, PIECE_MS] = [60, 16_384, 50] as const

const [CORE, MORO, THIRD] = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO', 'AE-DU/branch/THIRD'] as const
const NODES = [`${RTA}/gw-1`, `${RTA}/gw-2`, `${DEWA}/gw-1`, `${DEWA}/gw-2`] as const

interface Outcome {
  readonly kind: 'get' | 'post' | 'upload'
  readonly id: string
  /** Empty: answered as it should be. */
  readonly problem: string
  readonly startedMs: number
  readonly endedMs: number
}

test('every branch and every node restarts, and one branch retires, under load: no call fails, none is done twice', async (t) => {
  await using sandbox = await RunningSandbox.start()
  const counter = entriesService()
  const backend = await startCountingBackend(counter.answer)
  try {
    const { service } = await sandbox.offer('entries', backend.url, [{ method: '*', path: '/entries' }])
    const nodes = await joinSecondNodes(sandbox)
    await joinThirdBranch(sandbox)
    await untilTrue(async () => await knowsAll(sandbox, service))
    const balancer = new LoadBalancer(nodes)
    const load = new MixedLoad(balancer, `/r1/${service}/entries`)
    await untilTrue(() => load.count('upload') > 0 && load.count('post') > 20)

    for (const branch of [CORE, MORO, THIRD]) await restart(sandbox, branch)
    for (const node of NODES) await restart(sandbox, node)
    await retireUnderLoad(sandbox)
    await load.stop()
    balancer.close()

    for (const kind of ['get', 'post', 'upload'] as const) t.diagnostic(`${load.count(kind)} × ${kind}`)
    const longest = Math.max(
      ...load.outcomes.map((one) => (one.kind === 'upload' ? 0 : one.endedMs - one.startedMs)),
    )
    t.diagnostic(`longest call ${longest} ms, nodes that answered ${[...load.answered].sort().join(', ')}`)
    assert.deepEqual(
      load.outcomes.filter(({ problem }) => problem !== ''),
      [],
      'failed',
    )
    const changes = load.outcomes.filter(({ kind }) => kind !== 'get')
    assert.deepEqual(
      changes.filter(({ id }) => counter.executions.get(id) !== 1),
      [],
      'not carried out exactly once',
    )
    assert.equal(load.answered.size, 2, 'both nodes of the consumer served')
    assert.ok(load.count('get') > 100 && load.count('post') > 100 && load.count('upload') > 3)
  } finally {
    await backend.close()
  }
})

/** Counts by the caller's own name for what it sent; answers an upload when all of it is there. */
function entriesService(): {
  readonly executions: ReadonlyMap<string, number>
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void
} {
  const executions = new Map<string, number>()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => {
      const id = String(request.headers['x-entry'])
      executions.set(id, (executions.get(id) ?? 0) + 1)
      setTimeout(() => response.writeHead(200).end(`${id} ${bytes}`), WORK_MS)
    })
  }
  return { executions, answer }
}

/** Callers that go on until they are told to stop. */
class MixedLoad {
  readonly outcomes: Outcome[] = []
  readonly answered = new Set<string>()
  readonly #balancer: LoadBalancer
  readonly #path: string
  readonly #callers: Promise<void>[]
  #isRunning = true

  constructor(balancer: LoadBalancer, path: string) {
    this.#balancer = balancer
    this.#path = path
    const kinds = ['get', 'get', 'get', 'post', 'post', 'post', 'upload', 'upload'] as const
    this.#callers = kinds.map(async (kind) => await this.#callUntilStopped(kind))
  }

  count(kind: Outcome['kind']): number {
    return this.outcomes.filter((one) => one.kind === kind && one.problem === '').length
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#callers)
  }

  async #callUntilStopped(kind: Outcome['kind']): Promise<void> {
    while (this.#isRunning) {
      const id = randomUUID()
      const startedMs = Date.now()
      const problem = await this.#call(kind, id)
      this.outcomes.push({ kind, id, problem, startedMs, endedMs: Date.now() })
      await pause(BETWEEN_CALLS_MS)
    }
  }

  async #call(kind: Outcome['kind'], id: string): Promise<string> {
    const bytes = kind === 'get' ? 0 : kind === 'post' ? 3 : PIECES * PIECE_BYTES
    const body = kind === 'post' ? small : slow
    try {
      const { status, text, node } = await this.#balancer.call({
        method: kind === 'get' ? 'GET' : 'POST',
        path: this.#path,
        headers: { 'x-road-client': LICENSING, 'x-entry': id },
        ...(kind === 'get' ? {} : { body }),
      })
      this.answered.add(node)
      return status === 200 && text === `${id} ${bytes}` ? '' : `${status} ${text}`
    } catch (error) {
      return String(error)
    }
  }
}

async function* small(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from('one'))
}

async function* slow(): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < PIECES; piece += 1) {
    yield Buffer.alloc(PIECE_BYTES, piece)
    await pause(PIECE_MS)
  }
}

/** A second node of the consumer and of the provider, like the first. @returns the front doors of the consumer's nodes */
async function joinSecondNodes(sandbox: RunningSandbox): Promise<string[]> {
  const base = Number(new URL(sandbox.file.registry.url).port)
  for (const [index, member] of [RTA, DEWA].entries()) {
    const first = `${member}/gw-1`
    const second = ['--gateway-id', `${member}/gw-2`, '--gateway', first]
    const token = await sandbox.cli('gateway', 'token', ...second)
    assert.equal(token.code, 0, token.stderr)
    const ports = [
      '--front-door',
      `127.0.0.1:${base + 100 + index}`,
      '--admin',
      `127.0.0.1:${base + 110 + index}`,
    ]
    const joined = await sandbox.cli(
      'gateway',
      'join',
      token.stdout.trim(),
      '--like',
      first,
      ...ports,
      '--json',
    )
    assert.equal(joined.code, 0, joined.stderr)
  }
  return sandbox.file.gateways.filter(({ member }) => member === RTA).map(({ frontDoor }) => frontDoor)
}

async function joinThirdBranch(sandbox: RunningSandbox): Promise<void> {
  const { stdout: token } = await sandbox.cli('branch', 'token', THIRD, '--host', 'AE-DU/GOV/DDA')
  const base = Number(new URL(sandbox.file.registry.url).port) + 30
  const addresses = ['--control', `127.0.0.1:${base}`, '--tunnel', `127.0.0.1:${base + 1}`]
  const http = ['--http', `127.0.0.1:${base + 2}`]
  const joined = await sandbox.cli('branch', 'join', token.trim(), ...addresses, ...http)
  assert.equal(joined.code, 0, joined.stderr)
  for (const end of [CORE, ...NODES]) {
    const line = `THIRD-${end.replaceAll('/', '.')}`
    const facts = { capacityMbps: 1_000, monthlyCostAed: 0, owner: 'operator', riskGroups: [] }
    const { url, adminToken } = sandbox.file.registry
    const response = await fetch(`${url}/v1/lines`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ line, ends: [THIRD, end], ...facts }),
    })
    assert.ok(response.ok, await response.text())
  }
}

interface Status {
  readonly branches: readonly { readonly branch: string; readonly state: string }[]
  readonly sessions: readonly { readonly gateway: string; readonly path: readonly string[] }[]
}

interface Agreements {
  readonly agreements: readonly {
    readonly isVerified?: boolean
    readonly content?: { readonly grants?: readonly { readonly service: string }[] }
  }[]
}

async function ask(sandbox: RunningSandbox, node: string, path: string): Promise<unknown> {
  const found = sandbox.file.gateways.find(({ id }) => id === node)
  assert.ok(found !== undefined, `${node} is listed`)
  const headers = { authorization: `Bearer ${found.admin.token}` }
  const response = await fetch(`${found.admin.url}${path}`, { headers }).catch(() => undefined)
  return response?.ok === true ? await response.json() : undefined
}

/** Whether a node runs and is linked to every branch that it has a line to. */
async function isLinked(sandbox: RunningSandbox, node: string): Promise<boolean> {
  const status = (await ask(sandbox, node, '/v1/status')) as Status | undefined
  return (
    status !== undefined && status.branches.length > 0 && status.branches.every(({ state }) => state === 'up')
  )
}

async function allLinked(sandbox: RunningSandbox): Promise<boolean> {
  const linked = await Promise.all(NODES.map(async (node) => await isLinked(sandbox, node)))
  return linked.every(Boolean)
}

/** Every node has verified the agreement about the service: a consumer sends by it, a provider serves by it. */
async function knowsAll(sandbox: RunningSandbox, service: string): Promise<boolean> {
  if (!(await allLinked(sandbox))) return false
  const known = await Promise.all(
    NODES.map(async (node) => {
      const told = (await ask(sandbox, node, '/v1/agreements')) as Agreements | undefined
      return told?.agreements.some(
        ({ isVerified, content }) =>
          isVerified === true && content?.grants?.some((grant) => grant.service === service) === true,
      )
    }),
  )
  return known.every(Boolean)
}

/** SIGTERM, as a service manager sends it; the sandbox starts it again. Waits until the network is whole. */
async function restart(sandbox: RunningSandbox, id: string): Promise<void> {
  await untilTrue(async () => await allLinked(sandbox))
  // A moment of calm in between, as an operator would leave: exchanges run in every state of the network.
  await pause(2_000)
  const pidOf = (): number =>
    [...sandbox.file.branches, ...sandbox.file.gateways].find((one) => one.id === id)?.pid ?? 0
  const before = pidOf()
  process.kill(before, 'SIGTERM')
  await untilTrue(() => pidOf() !== before && pidOf() > 0)
  await untilTrue(async () => await allLinked(sandbox))
}

/** All sessions run over the third branch, then it is taken out of the network. */
async function retireUnderLoad(sandbox: RunningSandbox): Promise<void> {
  const stayDown = [CORE, MORO].map((id) => join(actorDirectory(sandbox.state, id), STAY_DOWN))
  for (const file of stayDown) writeFileSync(file, '')
  for (const { id, pid } of sandbox.file.branches) if (id !== THIRD) process.kill(pid, 'SIGTERM')
  await untilTrue(async () => {
    const all = await Promise.all(
      NODES.map(
        async (node) => ((await ask(sandbox, node, '/v1/status')) as Status | undefined)?.sessions ?? [],
      ),
    )
    const paths = all.flat().map(({ path }) => path.join())
    return paths.length > 0 && paths.every((path) => path === THIRD)
  })
  for (const file of stayDown) rmSync(file)
  await untilTrue(async () => await allLinked(sandbox))
  await pause(2_000)
  const retired = await sandbox.cli('branch', 'retire', THIRD, '--json')
  assert.equal(retired.code, 0, retired.stderr)
  assert.equal((JSON.parse(retired.stdout) as { tunnelsCut: number }).tunnelsCut, 0)
  assert.ok(!sandbox.file.branches.some(({ id }) => id === THIRD))
}
