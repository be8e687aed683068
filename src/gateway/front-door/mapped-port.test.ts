import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import type { MappedPort } from './mapped-port.ts'
import { answer, connectRaw, converse, openDoor } from './testing/open-door.ts'
import type { TestDoor } from './testing/open-door.ts'

const mapped: MappedPort = { port: 0, client: 'AE-DU/GOV/RTA/LICENSING', service: 'AE-DU/COM/MORO/CLOUD/npm' }

const openMapped = (
  changes: Partial<MappedPort> = {},
  send?: Parameters<typeof openDoor>[0],
): Promise<TestDoor> => openDoor(send, { mappedPorts: [{ ...mapped, ...changes }] })

const portOf = (open: TestDoor): number => open.door.mappedPorts[0] ?? 0

const get = (path: string, lines = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:7001\r\n${lines}Connection: close\r\n\r\n`

function headersOf(request: FrontDoorRequest | undefined): Record<string, string> {
  const pairs = request?.rawHeaders ?? []
  return Object.fromEntries(
    pairs.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), pairs[i + 1] ?? '']] : [])),
  )
}

suite('mapped ports', () => {
  test('everything on the port is a call of one system to one service', async () => {
    await using open = await openMapped()
    const text = await converse(portOf(open), get('/left-pad?write=true'))
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    const [request] = open.requests
    assert.equal(request?.client, mapped.client)
    assert.equal(request?.service, mapped.service)
    assert.equal(request?.path, '/left-pad')
    assert.equal(request?.query, 'write=true')
    assert.equal(request?.origin, 'mapped')
  })

  test('a call through the port carries what the port lets through, and its answer the terms it came under', async () => {
    const given = answer({ agreement: 'TvUYs7hoFw', dataClass: 'sensitive' })
    await using open = await openMapped(
      { maxDataClass: 'sensitive' },
      async () => await Promise.resolve(given),
    )
    const text = await converse(portOf(open), get('/x', 'Wusla-Data-Class: open\r\n'))
    assert.match(text, /^wusla-agreement: TvUYs7hoFw\r\nwusla-data-class: sensitive\r$/m)
    assert.equal(open.requests[0]?.maxDataClass, 'sensitive')
    assert.equal(headersOf(open.requests[0])['wusla-data-class'], undefined)
  })

  test('paths of the X-Road door mean nothing here', async () => {
    await using open = await openMapped()
    for (const path of ['/r1/A/B/C/D/e', '/listClients']) await converse(portOf(open), get(path))
    assert.deepEqual(
      open.requests.map(({ path, service }) => [path, service]),
      [
        ['/r1/A/B/C/D/e', mapped.service],
        ['/listClients', mapped.service],
      ],
    )
  })

  test('a fixed purpose takes the place of what a program says; without one the program may say it', async () => {
    for (const [fixed, expected] of [
      ['licensing', 'licensing'],
      [undefined, 'audit'],
    ]) {
      await using open = await openMapped(fixed === undefined ? {} : { purpose: fixed })
      await converse(portOf(open), get('/a', 'Wusla-Purpose: audit\r\n'))
      assert.equal(open.requests[0]?.purpose, expected)
    }
    await assert.rejects(openMapped({ purpose: 'a b' }), { code: 'config_invalid' })
  })

  test('the base path stands before every path', async () => {
    for (const [basePath, path] of [
      ['/v1', '/v1/a'],
      ['/v1/', '/v1/a'],
      ['/', '/a'],
    ]) {
      await using open = await openMapped({ basePath })
      await converse(portOf(open), get('/a'))
      assert.equal(open.requests[0]?.path, path)
    }
  })

  test('the backend learns what the client called; nobody else can say who calls', async () => {
    await using open = await openMapped()
    const lines =
      'X-Forwarded-Host: forged\r\nX-Forwarded-Proto: forged\r\nX-Forwarded-For: forged\r\nForwarded: host=forged\r\n' +
      'X-Road-Client: AE-DU/GOV/OTHER/X\r\nX-Road-Service: forged\r\nX-Road-Represented-Party: forged\r\n' +
      'X-Road-Security-Server: forged\r\nX-Road-Request-Id: forged\r\nWusla-Client-Key: x\r\nAuthorization: Bearer t\r\n' +
      'X-Road-Id: m-1\r\n'
    await converse(portOf(open), get('/a', lines))
    assert.deepEqual(headersOf(open.requests[0]), {
      authorization: 'Bearer t',
      'x-forwarded-host': '127.0.0.1:7001',
      'x-forwarded-proto': 'http',
      'x-road-id': 'm-1',
    })
    assert.equal(open.requests[0]?.messageId, 'm-1')
  })

  test('addresses in answers stay as they are, unless the port is told whose to put into its own words', async () => {
    const places = [
      'http://registry.internal:4873/a?b#c',
      'https://registry.internal/x',
      'http://elsewhere/x',
      '/relative',
      'http://registry.internal:4873',
    ]
    const send = (request: FrontDoorRequest): ReturnType<typeof answer> =>
      answer({ status: 302, headerBlock: `Location:${places[Number(request.path.slice(1))] ?? ''}\r\n` })
    const locations = async (open: TestDoor): Promise<(string | undefined)[]> =>
      await Promise.all(
        places.map(
          async (_, i) => /^Location: (.*?)\r$/m.exec(await converse(portOf(open), get(`/${i}`)))?.[1],
        ),
      )
    await using plain = await openMapped({}, send)
    assert.deepEqual(await locations(plain), places)
    await using told = await openMapped(
      { rewriteHost: ['Registry.internal:4873', 'registry.internal'] },
      send,
    )
    assert.deepEqual(await locations(told), [
      'http://127.0.0.1:7001/a?b#c',
      'http://127.0.0.1:7001/x',
      'http://elsewhere/x',
      '/relative',
      'http://127.0.0.1:7001',
    ])
  })

  test('a failure has the status of its kind, and a body as plain as the client likes', async () => {
    const send = (): never => {
      throw new WuslaError('no_path', { details: { reason: 'both branches are down' } })
    }
    await using open = await openMapped({}, send)
    const json = await converse(portOf(open), get('/a', 'Accept: */*\r\n'))
    assert.match(json, /^HTTP\/1\.1 503 Service Unavailable\r\n/)
    const body = JSON.parse(json.slice(json.indexOf('\r\n\r\n'))) as Record<string, string>
    assert.equal(body['code'], 'no_path')
    assert.equal(body['reason'], 'both branches are down')
    assert.ok(body['message'] !== undefined && body['remedy'] !== undefined && body['id'] !== undefined)
    const text = await converse(portOf(open), get('/a', 'Accept: text/html, application/json\r\n'))
    assert.match(text, /content-type: text\/plain; charset=utf-8\r\n/i)
    assert.match(text, /\r\n\r\nno_path: No path to a gateway .*\nboth branches are down\n/)
  })

  test('by default only programs on this machine may use the port; rules say otherwise', async () => {
    await using open = await openMapped({ rules: [{ kind: 'address', allow: ['192.0.2.0/24'] }] })
    const text = await converse(portOf(open), get('/a'))
    assert.match(text, /^HTTP\/1\.1 401 /)
    assert.equal(open.requests.length, 0)
  })
})

suite('changing mapped ports while the door is open', () => {
  test('a port that stays keeps its connections and calls what it is bound to now', async () => {
    await using open = await openMapped()
    const port = portOf(open)
    const fixed = { ...mapped, port }
    await open.door.setMappedPorts([])
    while (open.door.load.connections > 0) await new Promise((resolve) => setImmediate(resolve))
    await open.door.setMappedPorts([fixed])
    using client = await connectRaw(port)
    client.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until(/ok$/)
    await open.door.setMappedPorts([{ ...fixed, service: 'AE-DU/COM/MORO/CLOUD/other' }])
    client.write('GET /b HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until(/ok[^]*ok$/)
    assert.deepEqual(
      open.requests.map(({ service }) => service),
      [mapped.service, 'AE-DU/COM/MORO/CLOUD/other'],
    )
  })

  test('if one port cannot be opened nothing changes', async () => {
    await using open = await openMapped()
    const port = portOf(open)
    const taken = { ...mapped, port: open.port }
    await assert.rejects(open.door.setMappedPorts([mapped, { ...mapped, service: 'A/B/C/D/e' }, taken]), {
      code: 'EADDRINUSE',
    })
    assert.deepEqual(open.door.mappedPorts, [port])
    assert.match(await converse(port, get('/a')), /ok$/)
    await assert.rejects(open.door.setMappedPorts([{ ...mapped, service: 'nonsense' }]), {
      code: 'invalid_identifier',
    })
    for (const basePath of ['v1', '/a?b', '/a b']) {
      await assert.rejects(open.door.setMappedPorts([{ ...mapped, basePath }]), { code: 'config_invalid' })
    }
    assert.deepEqual(open.door.mappedPorts, [port])
  })
})
