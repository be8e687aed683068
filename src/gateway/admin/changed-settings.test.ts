import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { converse, get, SERVICE_PATH, statusOf } from '../front-door/testing/open-door.ts'
import { makeSelfSigned } from '../front-door/testing/self-signed.ts'
import { GatewaySettings, type Settings } from '../gateway-settings.ts'
import { type AdminBench, openAdmin } from '../testing/admin-bench.ts'
import { CLIENT, SERVICE } from '../testing/gateway-world.ts'

const RTA = 'AE-DU/GOV/RTA'
const DEWA = 'AE-DU/SEMI/DEWA'
const NEW_SYSTEM = `${RTA}/FINES`

const byAddress = (client: string, address: string): object => ({
  client,
  rules: [{ kind: 'address', allow: [address] }],
})

/** What a gateway that starts now would read. */
async function afterRestart({ world }: AdminBench, member: string): Promise<Settings> {
  return (await GatewaySettings.open(world.folder, member)).current
}

const call = async ({ door }: AdminBench): Promise<number> =>
  statusOf(await converse(door.port, get(SERVICE_PATH)))

test('rules that cannot be compiled leave the former rules in force and on disk, and register nothing', async () => {
  await using bench = await openAdmin(RTA)
  assert.equal((await bench.ask('PUT', '/v1/clients', byAddress(CLIENT, '127.0.0.1'))).status, 200)
  assert.equal(await call(bench), 200)
  const before = await readFile(join(bench.world.folder, 'settings.json'), 'utf8')
  bench.published.length = 0
  for (const client of [CLIENT, NEW_SYSTEM]) {
    const { body } = await bench.ask('PUT', '/v1/clients', byAddress(client, '300.1.1.1'))
    assert.equal(body['code'], 'config_invalid')
    assert.doesNotMatch(JSON.stringify(body), /300\.1/)
  }
  assert.equal(await readFile(join(bench.world.folder, 'settings.json'), 'utf8'), before)
  assert.equal(await call(bench), 200)
  assert.deepEqual(bench.published, [])
  assert.deepEqual(await afterRestart(bench, RTA), bench.settings.current)
})

test('a client is stored and compared in one spelling', async () => {
  await using bench = await openAdmin(RTA)
  await bench.ask('PUT', '/v1/clients', byAddress(`${RTA}/LIC%45NSING`, '127.0.0.1'))
  await bench.ask('PUT', '/v1/clients', byAddress(CLIENT, '127.0.0.2'))
  assert.deepEqual(bench.settings.current.clients, [byAddress(CLIENT, '127.0.0.2')])
  const other = await bench.ask('PUT', '/v1/clients', byAddress(`${DEWA}/BILLING`, '127.0.0.1'))
  assert.equal(other.body['code'], 'forbidden')
  const garbage = await bench.ask('PUT', '/v1/clients', byAddress('garbage', '127.0.0.1'))
  assert.equal(garbage.body['code'], 'invalid_identifier')
})

test('a client that is removed may not call, also after a restart', async () => {
  await using bench = await openAdmin(RTA)
  await bench.ask('PUT', '/v1/clients', byAddress(CLIENT, '127.0.0.1'))
  assert.equal(await call(bench), 200)
  const url = `/v1/clients/${encodeURIComponent(CLIENT)}`
  assert.deepEqual(await bench.ask('DELETE', url), { status: 200, body: { client: CLIENT } })
  assert.notEqual(await call(bench), 200)
  assert.deepEqual((await afterRestart(bench, RTA)).clients, [])
  assert.equal((await bench.ask('DELETE', url)).body['code'], 'not_found')
})

test('a client in whose name a mapped port calls is not removed before the port', async () => {
  await using bench = await openAdmin(RTA)
  await bench.ask('PUT', '/v1/clients', byAddress(CLIENT, '127.0.0.1'))
  const mapped = await bench.ask('POST', '/v1/mapped-ports', { port: 0, client: CLIENT, service: SERVICE })
  const port = Number(mapped.body['port'])
  assert.match(await converse(port, get('/x')), /^HTTP\/1\.1 200/)
  const client = `/v1/clients/${encodeURIComponent(CLIENT)}`
  const refused = await bench.ask('DELETE', client)
  assert.equal(refused.status, 409)
  assert.deepEqual(refused.body['details'], { client: CLIENT, mappedPorts: [port] })
  assert.equal((await bench.ask('DELETE', `/v1/mapped-ports/${port}?host=127.0.0.2`)).status, 404)
  assert.equal((await bench.ask('DELETE', `/v1/mapped-ports/${port}`)).status, 200)
  await assert.rejects(converse(port, get('/x')), { code: 'ECONNREFUSED' })
  assert.deepEqual((await afterRestart(bench, RTA)).mappedPorts, [])
  assert.equal((await bench.ask('DELETE', client)).status, 200)
})

test('a port that somebody else holds is not stored; the ports that were there stay', async () => {
  await using bench = await openAdmin(RTA)
  const first = await bench.ask('POST', '/v1/mapped-ports', { port: 0, client: CLIENT, service: SERVICE })
  const before = bench.settings.current
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const taken = await bench.ask('POST', '/v1/mapped-ports', { port, client: CLIENT, service: SERVICE })
  assert.deepEqual([taken.status, taken.body['code']], [409, 'conflict'])
  assert.equal(bench.settings.current, before)
  assert.match(await converse(Number(first.body['port']), get('/x')), /^HTTP\/1\.1 200/)
  other.close()
})

test('a mapped port whose setting cannot be stored is not open', async () => {
  await using bench = await openAdmin(RTA)
  await rm(bench.world.folder, { recursive: true })
  const { status } = await bench.ask('POST', '/v1/mapped-ports', {
    port: 0,
    client: CLIENT,
    service: SERVICE,
  })
  assert.equal(status, 500)
  assert.equal((bench.unexpected[0] as { code: string }).code, 'ENOENT')
  assert.deepEqual(bench.door.door.mappedPorts, [])
  assert.deepEqual(bench.settings.current.mappedPorts, [])
  await mkdir(bench.world.folder)
})

test('ports mapped at the same time are all open and all stored', async () => {
  await using bench = await openAdmin(RTA)
  const mapped = { port: 0, client: CLIENT, service: SERVICE }
  const answers = await Promise.all(
    [1, 2, 3].map(async () => await bench.ask('POST', '/v1/mapped-ports', mapped)),
  )
  const ports = new Set(answers.map(({ body }) => Number(body['port'])))
  assert.equal(ports.size, 3)
  assert.deepEqual(new Set(bench.door.door.mappedPorts), ports)
  assert.deepEqual(new Set((await afterRestart(bench, RTA)).mappedPorts.map(({ port }) => port)), ports)
})

const publication = (url: string): object => ({
  service: SERVICE,
  kind: 'api',
  name: { ar: 'فواتير', en: 'Bills' },
  operations: [{ method: 'GET', path: '/**' }],
  target: { url },
})

test('a service the directory refuses keeps its former backend; without an answer it keeps the new one', async () => {
  await using bench = await openAdmin(DEWA)
  assert.equal((await bench.ask('POST', '/v1/services', publication('http://127.0.0.1:1'))).status, 200)
  const former = bench.settings.serviceTarget(SERVICE)
  bench.refusal = new WuslaError('change_refused')
  const refused = await bench.ask('POST', '/v1/services', publication('http://127.0.0.1:2'))
  assert.equal(refused.body['code'], 'change_refused')
  assert.deepEqual(bench.settings.serviceTarget(SERVICE), former)
  bench.refusal = new WuslaError('registry_unreachable')
  await bench.ask('POST', '/v1/services', publication('http://127.0.0.1:3'))
  assert.equal(bench.settings.serviceTarget(SERVICE)?.url, 'http://127.0.0.1:3')
})

test('a backend address that is none is refused before anything is published', async () => {
  await using bench = await openAdmin(DEWA)
  const { body } = await bench.ask('POST', '/v1/services', publication('http://user@host/'))
  assert.equal(body['code'], 'config_invalid')
  assert.deepEqual(bench.published, [])
  assert.deepEqual(bench.settings.current.services, [])
})

test('the file of an authority is checked before anything is published, and found in the state folder', async () => {
  await using bench = await openAdmin(DEWA)
  const withAuthority = (caFile: string): object => ({
    ...publication('https://127.0.0.1:1'),
    target: { url: 'https://127.0.0.1:1', tls: { caFile } },
  })
  const file = join(bench.world.folder, 'ca.pem')
  for (const text of [undefined, 'no certificate']) {
    if (text !== undefined) await writeFile(file, text)
    const { body } = await bench.ask('POST', '/v1/services', withAuthority('ca.pem'))
    assert.equal(body['code'], 'config_invalid')
    assert.match(JSON.stringify(body['details']), /\/target\/tls\/caFile/)
  }
  assert.deepEqual([bench.published, bench.settings.current.services], [[], []])
  await writeFile(file, (await makeSelfSigned('authority')).cert)
  assert.equal((await bench.ask('POST', '/v1/services', withAuthority('ca.pem'))).status, 200)
  assert.equal(bench.settings.serviceTarget(SERVICE)?.tls?.caFile, file)
})

test('a service that is withdrawn is forgotten here as well', async () => {
  await using bench = await openAdmin(DEWA)
  await bench.ask('POST', '/v1/services', publication('http://127.0.0.1:1'))
  assert.equal((await bench.ask('POST', '/v1/services/withdraw', { service: SERVICE })).status, 200)
  assert.equal(bench.settings.serviceTarget(SERVICE), undefined)
  assert.deepEqual((await afterRestart(bench, DEWA)).services, [])
})
