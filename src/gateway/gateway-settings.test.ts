import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewaySettings, type Settings } from './gateway-settings.ts'
import { refusalOf } from './testing/gateway-world.ts'

interface Folder extends AsyncDisposable {
  readonly path: string
}

async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'wusla-settings-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const MEMBER = 'AE-DU/SEMI/DEWA'

const openSettings = async ({ path }: Folder): Promise<GatewaySettings> =>
  await GatewaySettings.open(path, MEMBER)

const nameOf = (code: string): string => `${MEMBER}/BILLING/${code}`

const target = (code: string): Settings['services'][number] => ({
  service: nameOf(code),
  url: 'http://127.0.0.1:80/',
})

const adding =
  (service: string) =>
  (now: Settings): Settings => ({ ...now, services: [...now.services, target(service)] })

async function stored(folder: Folder): Promise<Settings> {
  return JSON.parse(await readFile(join(folder.path, 'settings.json'), 'utf8')) as Settings
}

test('a new gateway has no settings; what is set is there after a restart, for its owner only', async () => {
  await using folder = await makeFolder()
  const settings = await openSettings(folder)
  assert.deepEqual(settings.current, { services: [], clients: [], mappedPorts: [] })
  await settings.update(adding('s'))
  assert.deepEqual(settings.serviceTarget(nameOf('s')), target('s'))
  const again = await openSettings(folder)
  assert.deepEqual(again.current, settings.current)
  assert.deepEqual(again.serviceTarget(nameOf('s')), target('s'))
  assert.equal((await stat(join(folder.path, 'settings.json'))).mode & 0o077, 0)
})

test('a change is on disk before it is in force and before anybody hears of it', async () => {
  await using folder = await makeFolder()
  const settings = await openSettings(folder)
  let heard: Settings | undefined
  const update = settings.update(adding('s'), {
    apply: async () => {
      heard = await stored(folder)
    },
  })
  assert.equal(settings.serviceTarget(nameOf('s')), undefined)
  await update
  assert.deepEqual(heard, settings.current)
})

test('changes at the same time build upon each other, and none is lost', async () => {
  await using folder = await makeFolder()
  const settings = await openSettings(folder)
  const names = Array.from({ length: 10 }, (_, i) => `s-${i}`)
  await Promise.all(names.map(async (name) => await settings.update(adding(name))))
  assert.deepEqual(
    (await stored(folder)).services.map(({ service }) => service),
    names.map(nameOf),
  )
})

test('when the write fails nothing changes, nobody hears of it, and the next change works', async () => {
  await using folder = await makeFolder()
  const settings = await openSettings(folder)
  await settings.update(adding('kept'))
  const before = settings.current
  let applied = 0
  const prepared: Settings[] = []
  await rm(folder.path, { recursive: true })
  const steps = {
    prepare: (now: Settings): Promise<void> => Promise.resolve(void prepared.push(now)),
    apply: (): void => {
      applied += 1
    },
  }
  await assert.rejects(settings.update(adding('lost'), steps), { code: 'ENOENT' })
  assert.equal(settings.current, before)
  assert.equal(settings.serviceTarget(nameOf('lost')), undefined)
  assert.equal(applied, 0)
  assert.deepEqual(
    prepared.map(({ services }) => services.length),
    [2, 1],
    'what was prepared is taken back',
  )
  await using next = await makeFolder()
  const other = await openSettings(next)
  const broken = (): Settings => {
    throw new RangeError('the change itself fails')
  }
  await assert.rejects(other.update(broken), RangeError)
  await other.update(adding('after'))
  assert.deepEqual(await readdir(next.path), ['settings.json'])
  assert.deepEqual((await stored(next)).services, [target('after')])
})

test('a file with unknown keys or wrong values is refused with every problem at once', async () => {
  await using folder = await makeFolder()
  const wrong = {
    services: [{ service: 's', url: 'ftp://x', shadow: true }],
    clients: [{ client: 'c', rules: [] }],
    mappedPorts: [{ port: 70_000, client: 'c', service: 's' }],
    backdoor: {},
  }
  await writeFile(join(folder.path, 'settings.json'), JSON.stringify(wrong))
  const refusal = await refusalOf(async () => await openSettings(folder))
  assert.equal(refusal.code, 'config_invalid')
  const problems = JSON.stringify(refusal.details['problems'])
  for (const place of ['/services/0/url', 'shadow', '/clients/0/rules', '/mappedPorts/0/port', 'backdoor']) {
    assert.ok(problems.includes(place), `${place} in ${problems}`)
  }
})

test('half a file is refused: a gateway does not guess its settings', async () => {
  await using folder = await makeFolder()
  await writeFile(join(folder.path, 'settings.json'), '{"services": [')
  assert.equal((await refusalOf(async () => await openSettings(folder))).code, 'config_invalid')
})

const wrongSettings: Settings = {
  services: [
    { service: 'garbage', url: 'http://backend' },
    { service: 'AE-DU/GOV/RTA/LICENSING/x', url: 'https://u:secret@host/' },
    { service: nameOf('a'), url: 'https://backend', tls: { pinnedSha256: 'secret' } },
  ],
  clients: [
    { client: 'garbage', rules: [{ kind: 'none' }] },
    { client: 'AE-DU/GOV/RTA/LICENSING', rules: [{ kind: 'address', allow: ['10.0.0.1', '300.1.1.1'] }] },
    { client: `${MEMBER}/BILLING`, rules: [{ kind: 'key', sha256: 'secret' }] },
    { client: `${MEMBER}/BILLING`, rules: [{ kind: 'certificate', sha256: ['secret'] }] },
  ],
  mappedPorts: [
    { port: 1, client: 'garbage', service: 'garbage', host: 'not a host', rewriteHost: ['a b'] },
    { port: 2, host: '10.0.0.1', client: MEMBER, service: nameOf('a'), rules: [{ kind: 'none' }] },
    { port: 3, client: MEMBER, service: nameOf('a'), rules: [{ kind: 'certificate', sha256: ['secret'] }] },
    { port: 3, host: '127.0.0.1', client: MEMBER, service: nameOf('a'), basePath: '/a?b' },
  ],
}

const wrongPlaces = [
  '/services/0/service',
  '/services/1/service',
  '/services/1/url',
  '/services/2/tls/pinnedSha256',
  '/clients/0/client',
  '/clients/1/client',
  '/clients/1/rules/0/allow/1',
  '/clients/2/rules/0/sha256',
  '/clients/3/rules/0/sha256/0',
  '/mappedPorts/0/client',
  '/mappedPorts/0/service',
  '/mappedPorts/0/host',
  '/mappedPorts/0/rewriteHost/0',
  '/mappedPorts/1/rules/0/kind',
  '/mappedPorts/2/rules/0/sha256/0',
  '/mappedPorts/2/rules/0/kind',
  '/mappedPorts/3/basePath',
  '/clients/3/client',
  '/mappedPorts/3/port',
]

const placesOf = (problems: unknown): string[] =>
  (problems as string[]).map((problem) => problem.slice(0, problem.indexOf(':')))

test('what the start would refuse is not stored: every problem is named, no value is repeated', async () => {
  await using folder = await makeFolder()
  const settings = await openSettings(folder)
  await settings.update(adding('kept'))
  let steps = 0
  const count = (): Promise<void> => Promise.resolve(void (steps += 1))
  const refusal = await refusalOf(
    async () => await settings.update(() => wrongSettings, { prepare: count, apply: count }),
  )
  assert.equal(refusal.code, 'config_invalid')
  assert.deepEqual(placesOf(refusal.details['problems']), wrongPlaces)
  assert.doesNotMatch(JSON.stringify(refusal.details), /secret|300\.1|garbage/)
  assert.equal(steps, 0)
  assert.deepEqual((await stored(folder)).services, [target('kept')])
  const again = await openSettings(folder)
  assert.deepEqual(again.current, settings.current)
})

test('the start refuses the same settings with the same words', async () => {
  await using folder = await makeFolder()
  await writeFile(join(folder.path, 'settings.json'), JSON.stringify(wrongSettings))
  const refusal = await refusalOf(async () => await openSettings(folder))
  assert.deepEqual(placesOf(refusal.details['problems']), wrongPlaces)
})
