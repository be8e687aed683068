import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

interface Status {
  readonly well: boolean
  readonly problems: readonly {
    readonly level: string
    readonly code: string
    readonly subject: string
    readonly since?: string
  }[]
  readonly branches: readonly { readonly id: string; readonly failure?: { readonly reason: string } }[]
}

interface Paths {
  readonly gateways: readonly {
    readonly sessions: readonly { readonly use: string; readonly path: readonly string[] }[]
  }[]
}

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 115_000 }

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start({ restart: false })
})

after(async () => await sandbox[Symbol.asyncDispose]())

async function call(): Promise<number> {
  const url = sandbox.url(RTA, BILLS, '/bills?account=2000000001')
  return (await fetch(url, { headers: { 'x-road-client': LICENSING } })).status
}

/** The first status that knows since when a branch is silent. */
async function statusSince(): Promise<Status & { readonly code: number }> {
  for (;;) {
    const { code, stdout, stderr } = await sandbox.cli('status', '--json')
    assert.ok(code === 0 || code === 1, stderr)
    const status = JSON.parse(stdout) as Status
    if (
      status.problems.some(({ since, ...problem }) => problem.code === 'branch_silent' && since !== undefined)
    )
      return { ...status, code }
  }
}

/** The paths of RTA's sessions to DEWA, by their use. */
function byUse({ gateways: [peer] }: Paths): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries((peer?.sessions ?? []).map(({ use, path }) => [use, path]))
}

test(
  'a branch that dies is named within seconds, and the path in use is then the one that stood ready',
  BOUNDED,
  async () => {
    assert.equal(await call(), 200)
    let before: ReturnType<typeof byUse> = {}
    await untilTrue(async () => {
      before = byUse((await sandbox.admin(RTA, 'GET', `/v1/paths?to=${DEWA}`)) as Paths)
      return before['spare'] !== undefined
    })
    const human = await sandbox.cli('status')
    assert.equal(human.code, 0, human.stdout)
    assert.match(human.stdout, /^AE-DU {2}.* {2}all well/)
    assert.match(human.stdout, /GOV\/RTA\/gw-1 +SEMI\/DEWA\/gw-1 +\w+ +in use/)

    const dead = sandbox.file.branches.find(({ id }) => id === before['in_use']?.[0])
    assert.ok(dead !== undefined)
    const killedMs = Date.now()
    process.kill(dead.pid, 'SIGKILL')
    const seen = await statusSince()
    const silent = seen.problems.find(({ code }) => code === 'branch_silent')
    assert.deepEqual([seen.code, seen.well, silent?.subject, silent?.level], [1, false, dead.id, 'wrong'])
    assert.equal(seen.branches.find(({ id }) => id === dead.id)?.failure?.reason, 'connection_refused')
    // The links say when it died, whenever somebody looks.
    const sinceMs = Date.parse(silent?.since ?? '')
    assert.ok(sinceMs >= killedMs && sinceMs <= Date.now(), `${sinceMs} ${killedMs}`)

    assert.equal(await call(), 200)
    const moved = await sandbox.cli('path', RTA, DEWA, '--json')
    assert.equal(moved.code, 0, moved.stderr)
    assert.deepEqual(byUse(JSON.parse(moved.stdout) as Paths), { in_use: before['spare'] })
    const page = await sandbox.cli('path', RTA, BILLS)
    assert.match(page.stdout, /no spare: no way without the branches in use is known/)
    assert.match(page.stdout, new RegExp(`our link to ${dead.id.split('/').at(-1) ?? ''} is connecting`))
  },
)

test('whom nobody knows, and a gateway that is not there, end with the code of the failure', async () => {
  const unknown = await sandbox.cli('path', RTA, 'AE-DU/GOV/NOBODY', '--json')
  assert.equal(unknown.code, 1)
  assert.equal((JSON.parse(unknown.stdout) as { error: { code: string } }).error.code, 'unknown_member')
  const away = ['--gateway', 'http://127.0.0.1:9', '--token', 'x', '--json']
  const unreached = await sandbox.cli('path', RTA, DEWA, ...away)
  assert.equal(unreached.code, 1)
  assert.equal((JSON.parse(unreached.stdout) as { error: { code: string } }).error.code, 'actor_unreachable')
  const other = await sandbox.cli('path', RTA, DHA, '--gateway', `${DEWA}/gw-1`)
  assert.equal(other.code, 2, 'another member would tell its own paths')
  const alone = await sandbox.cli('status', '--gateway', `${RTA}/gw-1`, '--json')
  assert.deepEqual(Object.keys(JSON.parse(alone.stdout) as object).toSorted(), [
    'branches',
    'gateways',
    'problems',
    'time',
    'well',
  ])
})
