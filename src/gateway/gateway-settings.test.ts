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

const target = (service: string): Settings['services'][number] => ({ service, url: 'http://127.0.0.1:80/' })

const adding =
  (service: string) =>
  (now: Settings): Settings => ({ ...now, services: [...now.services, target(service)] })

async function stored(folder: Folder): Promise<Settings> {
  return JSON.parse(await readFile(join(folder.path, 'settings.json'), 'utf8')) as Settings
}

test('a new gateway has no settings; what is set is there after a restart, for its owner only', async () => {
  await using folder = await makeFolder()
  const settings = await GatewaySettings.open(folder.path)
  assert.deepEqual(settings.current, { services: [], clients: [], mappedPorts: [] })
  await settings.update(adding('s'))
  assert.deepEqual(settings.serviceTarget('s'), target('s'))
  const again = await GatewaySettings.open(folder.path)
  assert.deepEqual(again.current, settings.current)
  assert.deepEqual(again.serviceTarget('s'), target('s'))
  assert.equal((await stat(join(folder.path, 'settings.json'))).mode & 0o077, 0)
})

test('a change is on disk before it is in force and before anybody hears of it', async () => {
  await using folder = await makeFolder()
  const settings = await GatewaySettings.open(folder.path)
  let heard: Promise<Settings> | undefined
  settings.onChange(() => {
    heard = stored(folder)
  })
  const update = settings.update(adding('s'))
  assert.equal(settings.serviceTarget('s'), undefined)
  await update
  assert.deepEqual(await heard, settings.current)
})

test('changes at the same time build upon each other, and none is lost', async () => {
  await using folder = await makeFolder()
  const settings = await GatewaySettings.open(folder.path)
  const names = Array.from({ length: 10 }, (_, i) => `s-${i}`)
  await Promise.all(names.map(async (name) => await settings.update(adding(name))))
  assert.deepEqual(
    (await stored(folder)).services.map(({ service }) => service),
    names,
  )
})

test('when the write fails nothing changes, nobody hears of it, and the next change works', async () => {
  await using folder = await makeFolder()
  const settings = await GatewaySettings.open(folder.path)
  await settings.update(adding('kept'))
  const before = settings.current
  let heard = 0
  settings.onChange(() => (heard += 1))
  await rm(folder.path, { recursive: true })
  await assert.rejects(settings.update(adding('lost')), { code: 'ENOENT' })
  assert.equal(settings.current, before)
  assert.equal(settings.serviceTarget('lost'), undefined)
  assert.equal(heard, 0)
  await using next = await makeFolder()
  const other = await GatewaySettings.open(next.path)
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
  const refusal = await refusalOf(async () => await GatewaySettings.open(folder.path))
  assert.equal(refusal.code, 'config_invalid')
  const problems = JSON.stringify(refusal.details['problems'])
  for (const place of ['/services/0/url', 'shadow', '/clients/0/rules', '/mappedPorts/0/port', 'backdoor']) {
    assert.ok(problems.includes(place), `${place} in ${problems}`)
  }
})

test('half a file is refused: a gateway does not guess its settings', async () => {
  await using folder = await makeFolder()
  await writeFile(join(folder.path, 'settings.json'), '{"services": [')
  assert.equal((await refusalOf(async () => await GatewaySettings.open(folder.path))).code, 'config_invalid')
})
