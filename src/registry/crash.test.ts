import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { suite, test } from 'node:test'
import { systemClock } from '../protocol/clock.ts'
import { startRegistry } from './start-registry.ts'
import { entriesOf } from './testing/log-entries.ts'
import { type Enrolment, DEWA, NAME, NETWORK, newGateway, TestRegistry } from './testing/test-registry.ts'

const ROUNDS = 3

/** With this argument the file is no test but a registry in a process of its own, to be killed. */
const CHILD = 'serve'
const [, , argument, stateFolder = ''] = process.argv

interface Running {
  readonly url: string
  readonly process: ChildProcess
}

async function run(folder: string): Promise<Running> {
  const child = spawn(process.execPath, [import.meta.filename, CHILD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  })
  const lines = createInterface({ input: child.stdout })
  const [url] = (await once(lines, 'line')) as [string]
  return { url, process: child }
}

async function kill({ process: child }: Running): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

interface Outcome {
  readonly status: number
  readonly body: { readonly index: number; readonly code: string }
}

/** Posts; undefined when the registry died before it answered. */
async function post(url: string, path: string, body: unknown, token: string): Promise<Outcome | undefined> {
  try {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Outcome['body'] }
  } catch {
    return undefined
  }
}

async function serve(folder: string): Promise<void> {
  const { url } = await startRegistry(folder, {
    clock: systemClock,
    fetch: globalThis.fetch,
    onEvent: () => undefined,
  })
  process.stdout.write(`${url}\n`)
}

if (argument === CHILD) await serve(stateFolder)
else suite('a registry that is killed while it writes', tests)

function tests(): void {
  test('has everything it acknowledged, at the index it gave, and goes on', async () => {
    await using registry = await TestRegistry.found()
    const acknowledged = new Map<string, number>()
    let admitted = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await run(registry.folder)
      const enough = Promise.withResolvers<void>()
      const wanted = acknowledged.size + 3 + round * 4
      const writers = Array.from({ length: 4 }, async () => {
        for (;;) {
          const member = `${NETWORK}/COM/C${(admitted += 1)}`
          const answer = await post(
            running.url,
            '/v1/members',
            { member, name: NAME },
            registry.tokens.operator,
          )
          if (answer === undefined) return
          assert.equal(answer.status, 200, JSON.stringify(answer.body))
          acknowledged.set(member, answer.body.index)
          if (acknowledged.size >= wanted) enough.resolve()
        }
      })
      await enough.promise
      await kill(running)
      await Promise.all(writers)
    }
    await registry.start()
    const entries = await entriesOf(registry)
    assert.ok(acknowledged.size >= ROUNDS * 3)
    for (const [member, index] of acknowledged) assert.equal(entries[index]?.change.member, member)
    const members = entries.map(({ change }) => change.member).filter((member) => member !== undefined)
    assert.equal(new Set(members).size, members.length, 'nothing is there twice')
  })

  test('uses a token once, however often it is killed in the middle', async () => {
    await using registry = await TestRegistry.start()
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const token = await registry.token(`${DEWA}/gw-1`)
    const enrolments: Enrolment[] = []
    for (let i = 0; i < 3; i += 1)
      enrolments.push(await registry.enrolmentOf(token, newGateway(`${DEWA}/gw-1`)))
    await registry.stop()
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await run(registry.folder)
      const posts = enrolments.map((enrolment) => post(running.url, '/v1/enrol', enrolment, ''))
      const delay = Promise.withResolvers<void>()
      setTimeout(delay.resolve, round * 15)
      await delay.promise
      await kill(running)
      await Promise.all(posts)
    }
    await registry.start()
    const answers = []
    for (const enrolment of enrolments) answers.push(await registry.post('/v1/enrol', enrolment))
    assert.deepEqual(
      answers.map(({ status }) => status).sort((a, b) => a - b),
      [200, 409, 409],
    )
    const entries = await entriesOf(registry)
    assert.equal(entries.filter(({ change }) => change.kind === 'gateway_enrolled').length, 1)
  })
}
