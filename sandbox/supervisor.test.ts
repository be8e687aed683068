import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { RETIRED_FILE } from '../src/branch/retired-file.ts'
import { type Program, Supervisor } from './supervisor.ts'

const NAME = 'AE-DU/branch/NORTH'

/** Notes its start, says that it is ready, and runs until it is ended. */
const SCRIPT = `
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
const [, , directory] = process.argv
appendFileSync(join(directory, 'starts'), '.')
writeFileSync(join(directory, 'running.json'), JSON.stringify({ pid: process.pid }))
setInterval(() => undefined, 1_000)
`

function bench(context: TestContext): { supervisor: Supervisor; program: () => Program } {
  const folder = mkdtempSync(join(tmpdir(), 'wusla-supervisor-'))
  const script = join(folder, 'program.mjs')
  writeFileSync(script, SCRIPT)
  const supervisor = new Supervisor({ restart: true, onChange: () => undefined })
  context.after(async () => {
    await supervisor.stop()
    rmSync(folder, { recursive: true })
  })
  const program = (): Program => {
    const directory = mkdtempSync(join(folder, 'actor-'))
    return { name: NAME, directory, args: [script, directory] }
  }
  return { supervisor, program }
}

function starts({ directory }: Program): number {
  const file = join(directory, 'starts')
  return existsSync(file) ? readFileSync(file, 'utf8').length : 0
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('a program is known from the moment it is given, and one that ends is started again', async (context) => {
  const { supervisor, program } = bench(context)
  const actor = program()
  assert.equal(supervisor.has(NAME), false)
  const ready = supervisor.start(actor)
  assert.equal(supervisor.has(NAME), true)
  await ready
  process.kill(supervisor.pid(NAME), 'SIGKILL')
  await until(() => starts(actor) === 2)
})

test('one that was retired stays down, and its name may be given again', async (context) => {
  const { supervisor, program } = bench(context)
  const retired = program()
  await supervisor.start(retired)
  writeFileSync(join(retired.directory, RETIRED_FILE), '{}')
  process.kill(supervisor.pid(NAME), 'SIGKILL')
  await until(() => !supervisor.has(NAME))
  const successor = program()
  await supervisor.start(successor)
  assert.deepEqual([starts(retired), starts(successor), supervisor.has(NAME)], [1, 1, true])
})

test('a stop while a program is being started leaves none behind', async (context) => {
  const { supervisor, program } = bench(context)
  const actor = program()
  const starting = supervisor.start(actor)
  await Promise.all([supervisor.stop(), assert.rejects(starting, { code: 'actor_not_started' })])
  assert.equal(starts(actor), 0)
})
