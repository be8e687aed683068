import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door/front-door-request.ts'
import { answer, converse, openDoor, statusOf, type TestDoor } from '../front-door/testing/open-door.ts'
import { CLIENT, type GatewayWorld, openWorld, revokeAgreement, SERVICE } from '../testing/gateway-world.ts'
import { createMetaservices } from './answer-metaservice.ts'

const SYSTEM = '/r1/AE-DU/SEMI/DEWA/BILLING'

interface Bench extends AsyncDisposable {
  readonly world: GatewayWorld
  /** Descriptions that were asked for. */
  readonly asked: FrontDoorRequest[]
  readonly ask: (path: string, lines?: string) => Promise<{ status: number; head: string; body: string }>
}

/** RTA's door with the metaservices of the world of tests. */
async function openBench(describe: () => FrontDoorAnswer = () => answer()): Promise<Bench> {
  const world = await openWorld('AE-DU/GOV/RTA')
  const asked: FrontDoorRequest[] = []
  const metaservices = createMetaservices({
    ...world,
    network: 'AE-DU',
    send: async (request) => {
      asked.push(request)
      return await Promise.resolve(describe())
    },
  })
  const door: TestDoor = await openDoor(undefined, { metaservices })
  return {
    world,
    asked,
    ask: async (path, lines = `X-Road-Client: ${CLIENT}\r\n`) => {
      const text = await converse(
        door.port,
        `GET ${path} HTTP/1.1\r\nHost: g\r\nAccept: application/json\r\n${lines}Connection: close\r\n\r\n`,
      )
      const at = text.indexOf('\r\n\r\n')
      return { status: statusOf(text), head: text.slice(0, at), body: text.slice(at + 4) }
    },
    [Symbol.asyncDispose]: async () => {
      await door[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

interface Listed {
  readonly service: readonly { readonly service_code: string; readonly endpoint_list: readonly object[] }[]
}

const publish = async (
  { add, script, dewa }: GatewayWorld,
  fields: { service: string; xroadType: 'REST' | 'OPENAPI'; open?: boolean },
): Promise<void> => {
  const operations = [{ method: 'GET', path: '/x' }]
  const { service, xroadType, open } = fields
  const name = { ar: 'خدمة', en: 'A service' }
  const change = { service, serviceKind: 'api', xroadType, name, operations } as const
  add(
    await script.entry(
      'service_published',
      { ...change, ...(open === true ? { open: { operations } } : {}) },
      [dewa.member, dewa.seal],
    ),
  )
}

test('the clients of the network, for anybody, in both forms; another network is not known', async () => {
  await using bench = await openBench()
  const json = await bench.ask('/listClients?xRoadInstance=AE-DU', '')
  assert.equal(json.status, 200)
  assert.match(json.head, /content-type: application\/json; charset=utf-8/i)
  const { member } = JSON.parse(json.body) as { member: { id: Record<string, string> }[] }
  const codes = member.map(({ id }) => [id['object_type'], id['member_code'], id['subsystem_code']])
  assert.ok(codes.some((row) => row.join(' ') === 'SUBSYSTEM DEWA BILLING'))
  assert.ok(codes.some(([type, code]) => type === 'MEMBER' && code === 'RTA'))
  assert.equal((await bench.ask('/listClients?xRoadInstance=EE', '')).status, 404)
})

test('the list follows the directory', async () => {
  await using bench = await openBench()
  const { add, script, dewa } = bench.world
  assert.doesNotMatch((await bench.ask('/listClients')).body, /METERING/)
  const system = { system: 'AE-DU/SEMI/DEWA/METERING', name: { ar: 'عدادات', en: 'Metering' } }
  add(await script.entry('system_registered', system, [dewa.member, dewa.seal]))
  assert.match((await bench.ask('/listClients')).body, /METERING/)
})

test('all services of a system; of those only what the caller may call', async () => {
  await using bench = await openBench()
  await publish(bench.world, { service: 'AE-DU/SEMI/DEWA/BILLING/tariffs', xroadType: 'OPENAPI', open: true })
  await publish(bench.world, { service: 'AE-DU/SEMI/DEWA/BILLING/private', xroadType: 'REST' })
  const codes = async (name: string): Promise<string[]> =>
    (JSON.parse((await bench.ask(`${SYSTEM}/${name}`)).body) as Listed).service.map((row) => row.service_code)
  assert.deepEqual((await codes('listMethods')).toSorted(), ['bills', 'private', 'tariffs'])
  assert.deepEqual((await codes('allowedMethods')).toSorted(), ['bills', 'tariffs'])
  const allowed = JSON.parse((await bench.ask(`${SYSTEM}/allowedMethods`)).body) as Listed
  assert.deepEqual(
    allowed.service.find(({ service_code: code }) => code === 'bills')?.endpoint_list,
    ['GET', 'HEAD', 'POST', 'PUT'].map((method) => ({ method, path: '/bills/*' })),
  )
  await revokeAgreement(bench.world)
  assert.deepEqual(await codes('allowedMethods'), ['tariffs'])
})

test('they ask who calls, and a system that is not there has no methods', async () => {
  await using bench = await openBench()
  const nobody = await bench.ask(`${SYSTEM}/listMethods`, '')
  assert.match(nobody.body, /client identifier is missing/)
  const stranger = await bench.ask(`${SYSTEM}/listMethods`, 'X-Road-Client: AE-DU/GOV/RTA/NOBODY\r\n')
  assert.match(stranger.body, /unknown_client/)
  assert.match((await bench.ask('/r1/AE-DU/SEMI/DEWA/NONE/allowedMethods')).body, /unknown_member/)
})

test('a description is an exchange with the service, and comes without the addresses of the backend', async () => {
  const document = { openapi: '3.1.0', servers: [{ url: 'http://10.0.0.7:9000/v1' }], paths: { '/x': {} } }
  let ended: string | undefined
  await using bench = await openBench(() =>
    answer({
      headerBlock: 'Content-Type:application/json\r\n',
      body: Buffer.from(JSON.stringify(document)),
      finished: (delivery) => (ended = delivery),
    }),
  )
  await publish(bench.world, { service: SERVICE, xroadType: 'OPENAPI' })
  const { status, head, body } = await bench.ask(
    `${SYSTEM}/getOpenAPI?x=1&servicecode=none&ServiceCode=bills`,
  )
  assert.equal(status, 200)
  assert.match(head, /content-type: application\/json\r\n/i)
  assert.match(head, /x-road-request-id: 019aaf35/i)
  assert.deepEqual(JSON.parse(body), { ...document, servers: [{ url: '/v1' }] })
  assert.equal(ended, 'delivered')
  const [request] = bench.asked
  assert.deepEqual(
    [request?.client, request?.service, request?.method, request?.path],
    [CLIENT, SERVICE, 'GET', '/openapi.json'],
  )
})

test('why there is no description, in the words that clients look for', async () => {
  const parts = async function* (): AsyncGenerator<Buffer> {
    for (let i = 0; i < 5; i += 1) yield await Promise.resolve(Buffer.alloc(1_048_576, 'x'))
  }
  const answers = [answer({ status: 404, body: null }), answer({ body: parts() })]
  await using bench = await openBench(() => answers.shift() ?? answer())
  const refusal = async (query: string): Promise<[number, string, string]> => {
    const { status, body } = await bench.ask(`${SYSTEM}/getOpenAPI${query}`)
    const { type, message } = JSON.parse(body) as { type: string; message: string }
    return [status, type, message]
  }
  const invalid = 'server.serverproxy.invalid_request'
  const internal = 'server.serverproxy.internal_error'
  for (const query of ['', '?serviceCode='])
    assert.deepEqual(await refusal(query), [500, invalid, 'Missing serviceCode in message body'])
  const missing = 'Service not found: SERVICE:AE-DU/SEMI/DEWA/BILLING/none'
  assert.deepEqual(await refusal('?serviceCode=none'), [500, internal, missing])
  assert.deepEqual(await refusal('?serviceCode=bills'), [500, internal, 'Invalid service type: REST'])
  assert.equal(bench.asked.length, 0)
  await publish(bench.world, { service: SERVICE, xroadType: 'OPENAPI' })
  const unread = 'Failed reading service description from /openapi.json. Status: 404 Reason: Not Found'
  assert.deepEqual(await refusal('?serviceCode=bills'), [500, internal, unread])
  assert.match((await refusal('?serviceCode=bills'))[2], /longer than 4 MiB/)
  assert.match((await refusal('?serviceCode=bills'))[2], /^Failed overwriting origin URL/)
})

test('evidence in the form of X-Road is not offered', async () => {
  await using bench = await openBench()
  assert.equal((await bench.ask('/asic?queryId=x', '')).status, 404)
  assert.equal((await bench.ask('/verificationconf', '')).status, 404)
})
