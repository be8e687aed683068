import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import {
  answer,
  CALLER_LINES,
  converse,
  get,
  jsonOf,
  openDoor,
  SERVICE_PATH,
  statusOf,
  valuesOf,
} from './testing/open-door.ts'

suite('refusals', () => {
  const refusals: readonly [string, string, string, string, string][] = [
    [
      'no client',
      SERVICE_PATH,
      'Host: g\r\n',
      'invalid_client_identifier',
      'The client identifier is missing',
    ],
    [
      'a client of two parts',
      SERVICE_PATH,
      'Host: g\r\nX-Road-Client: a/b\r\n',
      'invalid_identifier',
      'Invalid Client Id',
    ],
    [
      'a stranger',
      SERVICE_PATH,
      'Host: g\r\nX-Road-Client: AE-DU/GOV/RTA/OTHER\r\n',
      'unknown_client',
      "Client 'SUBSYSTEM:AE-DU/GOV/RTA/OTHER' not found",
    ],
    [
      'four segments',
      '/r1/AE-DU/SEMI/DEWA/BILLING',
      CALLER_LINES,
      'invalid_request_uri',
      'Invalid request URI',
    ],
    [
      'another version',
      `/r2${SERVICE_PATH.slice(3)}`,
      CALLER_LINES,
      'invalid_request_uri',
      'Invalid request URI',
    ],
    ['a bad escape', '/r1/A/B/C/D%zz/e', CALLER_LINES, 'invalid_request_uri', 'Invalid request URI'],
    [
      'a gateway of three parts',
      SERVICE_PATH,
      `${CALLER_LINES}X-Road-Security-Server: a/b/c\r\n`,
      'invalid_identifier',
      'Invalid SecurityServer Id',
    ],
    [
      'a represented party of three parts',
      SERVICE_PATH,
      `${CALLER_LINES}X-Road-Represented-Party: a/b/c\r\n`,
      'invalid_identifier',
      'Invalid RepresentedParty Id',
    ],
  ]
  for (const [name, path, lines, code, message] of refusals) {
    test(name, async () => {
      await using inside = await openDoor()
      const text = await converse(inside.port, get(path, lines))
      assert.equal(statusOf(text), 500)
      const body = jsonOf(text) as {
        type: string
        message: string
        detail: string
        wusla: Record<string, string>
      }
      assert.equal(body.message, message)
      assert.equal(body.wusla['code'], code)
      assert.ok((body.wusla['remedy'] ?? '').length > 10)
      assert.deepEqual(valuesOf(text, 'x-road-error'), [body.type])
      assert.equal(inside.requests.length, 0)
      const [event] = inside.events
      assert.ok(event?.kind === 'call_refused')
      assert.deepEqual([event.code, event.id, event.address], [code, body.detail, '127.0.0.1'])
    })
  }

  test('an unknown path is not found', async () => {
    await using inside = await openDoor()
    for (const path of ['/', '/favicon.ico', '/r1x/a', '/listClients', '/listClients/x']) {
      const text = await converse(inside.port, get(path))
      assert.equal(statusOf(text), 404, path)
      assert.deepEqual(valuesOf(text, 'x-road-error'), ['client.not_found'])
    }
  })

  test('a method that exchanges do not carry', async () => {
    await using inside = await openDoor()
    const text = await converse(inside.port, get(SERVICE_PATH).replace('GET', 'PROPFIND'))
    assert.equal(statusOf(text), 400)
    assert.deepEqual(valuesOf(text, 'x-road-error'), ['client.invalid_http_method'])
  })

  test('a failure of the exchange carries its name, its reason and the way out', async () => {
    await using inside = await openDoor((request) => {
      request.exchange = 'exchange-1'
      const details = { reason: 'expired', remedy: 'Ask DEWA for a new agreement.' }
      throw new WuslaError('access_denied', { message: 'Request is not allowed', details })
    })
    const text = await converse(inside.port, get(SERVICE_PATH))
    assert.deepEqual(jsonOf(text), {
      type: 'server.serverproxy.access_denied',
      message: 'Request is not allowed',
      detail: 'exchange-1',
      wusla: {
        code: 'access_denied',
        reason: 'expired',
        remedy: 'Ask DEWA for a new agreement.',
        exchange: 'exchange-1',
      },
    })
    assert.deepEqual(valuesOf(text, 'x-road-request-id'), ['exchange-1'])
  })

  test('a mistake of ours is an internal error and tells the client nothing of it', async () => {
    await using inside = await openDoor(() => {
      throw new TypeError('secret thoughts')
    })
    const text = await converse(inside.port, get(SERVICE_PATH))
    assert.equal(statusOf(text), 500)
    assert.ok(!text.includes('secret'))
    assert.ok(inside.events.some((event) => event.kind === 'call_failed'))
  })

  test('a limit of the agreement is 429 at both doors, with the time to wait, held to a day', async () => {
    for (const [retryAfterS, shown] of [
      [3_600, ['3600']],
      [1e9, ['86400']],
      ['soon\r\nX-Bad: 1', []],
    ] as const) {
      const details = { reason: 'quota_exceeded', retryAfterS, by: 'provider' }
      const refuse = async (): Promise<never> =>
        await Promise.reject(new WuslaError('limit_exceeded', { details }))
      const mapped = { port: 0, client: 'AE-DU/GOV/RTA/LICENSING', service: 'AE-DU/SEMI/DEWA/BILLING/bills' }
      await using inside = await openDoor(refuse, { mappedPorts: [mapped] })
      const atMapped = `GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`
      for (const text of [
        await converse(inside.port, get(SERVICE_PATH)),
        await converse(inside.door.mappedPorts[0] ?? 0, atMapped),
      ]) {
        assert.equal(statusOf(text), 429)
        assert.deepEqual(valuesOf(text, 'retry-after'), shown)
        assert.deepEqual(valuesOf(text, 'x-road-error'), ['server.serverproxy.service_failed'])
        assert.match(text, /"reason":"quota_exceeded"/)
      }
    }
  })

  test('more calls than the door holds are told to come again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await using inside = await openDoor(
      async () => {
        await promise
        return answer()
      },
      { limits: { maxCalls: 1 } },
    )
    const first = converse(inside.port, get(SERVICE_PATH))
    while (inside.requests.length === 0) await new Promise((wait) => setImmediate(wait))
    const second = await converse(inside.port, get(SERVICE_PATH))
    assert.deepEqual(valuesOf(second, 'retry-after'), ['1'])
    assert.equal((jsonOf(second) as { wusla: { code: string } }).wusla.code, 'too_many_requests')
    resolve()
    assert.equal(statusOf(await first), 200)
    await inside.emptied()
  })
})
