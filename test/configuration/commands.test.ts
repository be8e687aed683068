import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { main } from '../../cli/wusla.ts'
import { makeSelfSigned } from '../../src/gateway/front-door/testing/self-signed.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import { openAdmin, type AdminBench } from '../../src/gateway/testing/admin-bench.ts'
import { makeStateFolders } from './state-folders.ts'

const RTA = 'AE-DU/GOV/RTA'
const LICENSING = `${RTA}/LICENSING`
const BILLS = 'AE-DU/SEMI/DEWA/BILLING/bills'

interface Printed {
  readonly code: number
  readonly text: string
}

/** Runs a command line in this process; what it prints is kept from the report of the tests. */
async function wusla(t: TestContext, ...args: string[]): Promise<Printed> {
  const printed: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  const keep = (text: string | Uint8Array): boolean =>
    // The report of the tests goes the same way, in bytes.
    typeof text === 'string' ? printed.push(text) > 0 : write(text)
  const mocks = [t.mock.method(process.stdout, 'write', keep), t.mock.method(process.stderr, 'write', keep)]
  try {
    return { code: await main(['node', 'wusla', ...args]), text: printed.join('') }
  } finally {
    for (const mock of mocks) mock.mock.restore()
  }
}

async function atGateway(bench: AdminBench): Promise<string[]> {
  const { url, token } = await bench.listen()
  return ['--gateway', url, '--token', token, '--json']
}

test('a mapped port gets its address, its rules and its names by flags, and goes again', async (t) => {
  await using bench = await openAdmin(RTA)
  const target = await atGateway(bench)
  const flags = '--host 127.0.0.2 --address 10.0.0.0/8 --address ::1 --key-sha256'.split(' ')
  const key = 'A'.repeat(43)
  const names = ['--rewrite-host', 'backend:80', '--rewrite-host', 'backend', '--base-path', '/v1']
  const mapping = ['--client', LICENSING, '--service', BILLS, '--port', '0']
  const mapped = await wusla(t, 'client', 'map-port', ...mapping, ...flags, key, ...names, ...target)
  assert.equal(mapped.code, 0, mapped.text)
  const { port } = JSON.parse(mapped.text) as { port: number }
  assert.deepEqual(bench.settings.current.mappedPorts, [
    {
      port,
      client: LICENSING,
      service: BILLS,
      basePath: '/v1',
      host: '127.0.0.2',
      rules: [
        { kind: 'address', allow: ['10.0.0.0/8', '::1'] },
        { kind: 'key', sha256: key },
      ],
      rewriteHost: ['backend:80', 'backend'],
    },
  ])
  const listed = await wusla(t, 'client', 'list-ports', ...target)
  assert.deepEqual(JSON.parse(listed.text), { mappedPorts: bench.settings.current.mappedPorts })
  const wrong = await wusla(t, 'client', 'unmap-port', '--port', String(port), ...target)
  assert.equal(wrong.code, 1, 'nothing is mapped at 127.0.0.1')
  const gone = await wusla(
    t,
    'client',
    'unmap-port',
    '--port',
    String(port),
    '--host',
    '127.0.0.2',
    ...target,
  )
  assert.equal(gone.code, 0, gone.text)
  assert.deepEqual(bench.settings.current.mappedPorts, [])
  const word = await wusla(t, 'client', 'unmap-port', '--port', '7x', ...target)
  assert.equal(word.code, 2)
})

test('a client is added and removed', async (t) => {
  await using bench = await openAdmin(RTA)
  const target = await atGateway(bench)
  const added = await wusla(t, 'client', 'add', '--client', LICENSING, '--address', '10.0.0.1', ...target)
  assert.equal(added.code, 0, added.text)
  const removed = await wusla(t, 'client', 'remove', '--client', LICENSING, ...target)
  assert.deepEqual([removed.code, JSON.parse(removed.text)], [0, { client: LICENSING }])
  assert.deepEqual(bench.settings.current.clients, [])
})

test('a service gets time-outs, Host and a notice by flags; a relative file is one of this folder', async (t) => {
  await using bench = await openAdmin('AE-DU/SEMI/DEWA')
  const target = await atGateway(bench)
  const file = join(bench.world.folder, 'ca.pem')
  await writeFile(file, (await makeSelfSigned('authority')).cert)
  t.mock.method(process, 'cwd', () => bench.world.folder)
  const flags = ['--connect-timeout-ms', '1500', '--answer-timeout-ms', '90000', '--host', 'original']
  const service = ['--service', BILLS, '--url', 'https://backend.internal/v1', '--ca-file', 'ca.pem']
  const notice = ['--disabled-notice', 'Back on Sunday']
  const published = await wusla(t, 'service', 'publish', ...service, ...flags, ...notice, ...target)
  assert.equal(published.code, 0, published.text)
  assert.deepEqual(bench.settings.current.services, [
    {
      service: BILLS,
      url: 'https://backend.internal/v1',
      tls: { caFile: file },
      connectTimeoutMs: 1_500,
      answerTimeoutMs: 90_000,
      host: 'original',
      disabledNotice: 'Back on Sunday',
    },
  ])
  const unpublished = await wusla(t, 'service', 'unpublish', '--service', BILLS, ...target)
  assert.equal(unpublished.code, 0, unpublished.text)
  assert.deepEqual(bench.settings.current.services, [])
})

test('the front door of a gateway that has joined is set by a command, or left as it was', async (t) => {
  await using folders = await makeStateFolders()
  const { gateway } = folders
  const configure = async (...flags: string[]): Promise<number> =>
    (await wusla(t, 'gateway', 'configure', '--dir', gateway, ...flags)).code
  const door = async (): Promise<GatewayConfig['frontDoor']> =>
    (JSON.parse(await readFile(join(gateway, 'gateway.json'), 'utf8')) as GatewayConfig).frontDoor
  const before = await door()
  const files = ['--https-certificate', join(gateway, 'c.pem'), '--https-key', join(gateway, 'k.pem')]
  assert.equal(await configure('--https', '0.0.0.0:8443'), 2, 'two things are missing')
  assert.equal(await configure('--https', '0.0.0.0:8443', ...files), 1, 'the files are missing')
  assert.equal(await configure('--front-door', '10.0.0.1:8080'), 1, 'plain HTTP leaves the machine')
  assert.equal(await configure('--dialect', '7.9'), 1)
  assert.deepEqual(await door(), before)
  const { cert, key } = await makeSelfSigned('gateway')
  await writeFile(join(gateway, 'c.pem'), cert)
  await writeFile(join(gateway, 'new.pem'), key, { mode: 0o600 })
  await rename(join(gateway, 'new.pem'), join(gateway, 'k.pem'))
  assert.equal(await configure('--https', '0.0.0.0:8443', ...files, '--dialect', '7.7'), 0)
  const https = { listen: '0.0.0.0:8443', certificate: join(gateway, 'c.pem'), key: join(gateway, 'k.pem') }
  assert.deepEqual(await door(), { ...before, https, dialect: '7.7' })
  assert.equal(await configure('--front-door', '10.0.0.1:8080', '--allow-remote-plain-http'), 0)
  assert.deepEqual(await door(), {
    http: '10.0.0.1:8080',
    allowRemotePlainHttp: true,
    https,
    dialect: '7.7',
  })
})

test('direct sessions are set by the same command, and nothing else by them', async (t) => {
  await using folders = await makeStateFolders()
  const { gateway } = folders
  const configure = async (...flags: string[]): Promise<number> =>
    (await wusla(t, 'gateway', 'configure', '--dir', gateway, ...flags)).code
  const read = async (): Promise<GatewayConfig> =>
    JSON.parse(await readFile(join(gateway, 'gateway.json'), 'utf8')) as GatewayConfig
  const before = await read()
  assert.equal(await configure('--direct', '0.0.0.0:7443'), 1, 'nobody can dial every address')
  assert.equal(await configure('--direct-announce', '10.1.2.3:7443'), 1, 'nobody listens')
  assert.equal(await configure('--direct-dial', 'all'), 1)
  assert.deepEqual(await read(), before)
  const announced = ['--direct', '0.0.0.0:7443', '--direct-announce', '10.1.2.3:17443']
  assert.equal(await configure(...announced, '--direct-dial', 'any'), 0)
  const direct = { directListen: '0.0.0.0:7443', directAnnounce: '10.1.2.3:17443', directDial: 'any' }
  assert.deepEqual(await read(), { ...before, ...direct })
  assert.equal(await configure('--dialect', '7.8'), 0)
  assert.deepEqual(await read(), { ...before, ...direct, frontDoor: { ...before.frontDoor, dialect: '7.8' } })
  assert.equal(await configure('--direct', '10.1.2.3:7443'), 0)
  assert.equal((await read()).directAnnounce, undefined, 'the old address leads elsewhere')
  assert.equal(await configure('--no-direct'), 0)
  const { directListen, directDial } = await read()
  assert.deepEqual([directListen, directDial], [undefined, 'any'])
})

test('a network believes test authorities only where it was founded for trying out', async (t) => {
  await using folders = await makeStateFolders()
  for (const flags of [[], ['--test-authorities']]) {
    const dir = `${folders.registry}${flags.join('')}-second`
    const { code, text } = await wusla(t, 'registry', 'create', 'AE-DU', '--dir', dir, ...flags)
    assert.equal(code, 0, text)
    assert.equal(text.includes('for trying out only'), flags.length > 0, text)
    const config = JSON.parse(await readFile(join(dir, 'registry.json'), 'utf8')) as object
    assert.deepEqual('testAuthorities' in config ? config.testAuthorities : false, flags.length > 0)
  }
})
