import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
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

suite('what reaches the outbound side', () => {
  test('identifiers in canonical form, path and query as sent', async () => {
    await using inside = await openDoor()
    const path = '/r1/AE-DU/SEMI/DEWA/B%49LLING/s%2fub/a%3B//../x/'
    const text = await converse(inside.port, get(`${path}?q=%20&r`))
    assert.equal(statusOf(text), 200)
    const [request] = inside.requests
    assert.ok(request)
    assert.equal(request.client, 'AE-DU/GOV/RTA/LICENSING')
    assert.equal(request.service, 'AE-DU/SEMI/DEWA/BILLING/s%2Fub')
    assert.equal(request.path, '/a%3B//../x/')
    assert.equal(request.query, 'q=%20&r')
    assert.equal(request.method, 'GET')
    assert.equal(request.body, null)
    assert.equal(request.origin, 'r1')
    assert.equal(request.signal.aborted, false)
  })

  test('an absolute target means the same as a local one', async () => {
    await using inside = await openDoor()
    await converse(inside.port, get(`http://gateway:8080${SERVICE_PATH}/x?y`))
    assert.deepEqual([inside.requests[0]?.path, inside.requests[0]?.query], ['/x', 'y'])
  })

  test('headers as sent, without those of the hop and those only gateways speak', async () => {
    await using inside = await openDoor()
    const lines =
      `${CALLER_LINES}Accept:  text/plain \r\nX-Road-Id: m-1\r\nX-Road-UserId: AE784\r\nX-Road-Issue: \xd9\x82\r\n` +
      'X-Road-Represented-Party: GOV/1\r\nX-Road-Security-Server: AE-DU/SEMI/DEWA/gw%2d1\r\n' +
      'X-Road-Request-Id: forged\r\nX-Road-Request-Hash: forged\r\nUser-Agent: test\r\nTE: trailers\r\n' +
      'Keep-Alive: 5\r\nUpgrade-Insecure-Requests: 1\r\nProxy-Authorization: x\r\nTrailer: x\r\nServer: x\r\n' +
      'Wusla-Client-Key: secret\r\nWusla-Content-Length: 5\r\nX-Hop: 1\r\nConnection: X-Hop, X-Road-Id\r\n'
    await converse(inside.port, get(SERVICE_PATH, lines))
    const [request] = inside.requests
    assert.ok(request)
    const kept = {
      'X-Road-Client': 'AE-DU/GOV/RTA/LICENSING',
      Accept: 'text/plain',
      'X-Road-Id': 'm-1',
      'X-Road-UserId': 'AE784',
      'X-Road-Issue': '\xd9\x82',
      'X-Road-Represented-Party': 'GOV/1',
      'X-Road-Security-Server': 'AE-DU/SEMI/DEWA/gw%2d1',
      'Upgrade-Insecure-Requests': '1',
    }
    assert.deepEqual(request.rawHeaders, Object.entries(kept).flat())
    assert.equal(request.messageId, 'm-1')
    assert.equal(request.user, 'AE784')
    assert.equal(request.issue, 'ق')
    assert.equal(request.representedParty, 'GOV/1')
    assert.equal(request.securityServer, 'AE-DU/SEMI/DEWA/gw-1')
  })

  test('of an X-Road header that stands twice the last counts and travels; an empty one is none', async () => {
    await using inside = await openDoor()
    const lines = `Host: g\r\nX-Road-Client: forged\r\nX-Road-Id: a\r\nX-Road-Issue: \r\nx-road-id: b\r\n${CALLER_LINES.slice(15)}`
    await converse(inside.port, get(SERVICE_PATH, lines))
    const [request] = inside.requests
    assert.deepEqual(request?.rawHeaders, ['x-road-id', 'b', 'X-Road-Client', 'AE-DU/GOV/RTA/LICENSING'])
    assert.deepEqual([request?.messageId, request?.issue], ['b', undefined])
  })

  test('the purpose is read and does not travel as a header; the last one counts, an empty one is none', async () => {
    await using inside = await openDoor()
    const sent: [string, string | undefined][] = [
      ['Wusla-Purpose: licensing\r\n', 'licensing'],
      ['wusla-purpose: fines\r\nWusla-Purpose: audit:2\r\n', 'audit:2'],
      ['Wusla-Purpose: fines\r\nWusla-Purpose: \r\n', undefined],
    ]
    for (const [lines, expected] of sent) {
      await converse(inside.port, get(SERVICE_PATH, `${lines}${CALLER_LINES}`))
      const request = inside.requests.at(-1)
      assert.equal(request?.purpose, expected)
      assert.ok(!request?.rawHeaders.some((text) => /purpose/i.test(text)))
    }
    const refused = await converse(inside.port, get(SERVICE_PATH, `Wusla-Purpose: a b\r\n${CALLER_LINES}`))
    assert.match(refused, /Wusla-Purpose is no purpose code/)
    assert.equal(inside.requests.length, sent.length)
  })

  test('bodies of any method', async () => {
    await using inside = await openDoor()
    for (const method of ['GET', 'DELETE', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD']) {
      const head = `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}Connection: close\r\nContent-Length: 7\r\n\r\n`
      assert.equal(statusOf(await converse(inside.port, `${head}{"a":1}`)), 200, method)
      const request = inside.requests.at(-1)
      assert.ok(Buffer.isBuffer(request?.body))
      assert.equal(request.body.toString(), '{"a":1}')
      assert.equal(request.bodyBytes, 7)
    }
  })

  test('an empty body is none', async () => {
    await using inside = await openDoor()
    const head = `POST ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}Connection: close\r\nContent-Length: 0\r\n\r\n`
    await converse(inside.port, head)
    assert.equal(inside.requests[0]?.body, null)
  })
})

suite('what the client gets', () => {
  test("the provider's answer, with the exchange's own headers and nobody else's", async () => {
    const finished: string[] = []
    await using inside = await openDoor(() =>
      answer({
        status: 404,
        headerBlock:
          'Content-Type:text/html\r\nSet-Cookie:a=1\r\nSet-Cookie:b=2\r\nDate:Mon, 23 Nov 2026 07:36:33 GMT\r\n' +
          'X-Road-Service:forged\r\nX-Road-Error:forged\r\nx-road-request-hash:forged\r\nServer:x\r\n' +
          'Content-Length:999\r\nTransfer-Encoding:chunked\r\nConnection:close\r\nWusla-Other:1\r\n',
        messageId: 'رسالة',
        requestHash: 'aGFzaA==',
        finished: (delivery) => finished.push(delivery),
      }),
    )
    const text = await converse(inside.port, get(SERVICE_PATH))
    assert.match(text, /^HTTP\/1\.1 404 Not Found\r\n/)
    assert.deepEqual(valuesOf(text, 'set-cookie'), ['a=1', 'b=2'])
    assert.deepEqual(valuesOf(text, 'date'), ['Mon, 23 Nov 2026 07:36:33 GMT'])
    assert.deepEqual(valuesOf(text, 'content-length'), ['2'])
    assert.deepEqual(valuesOf(text, 'x-road-id'), [Buffer.from('رسالة').toString('latin1')])
    assert.deepEqual(valuesOf(text, 'x-road-client'), ['AE-DU/GOV/RTA/LICENSING'])
    assert.deepEqual(valuesOf(text, 'x-road-service'), ['AE-DU/SEMI/DEWA/BILLING/bills'])
    assert.deepEqual(valuesOf(text, 'x-road-request-id'), ['019aaf35-3c55-7c3a-9d6a-111111111111'])
    assert.deepEqual(valuesOf(text, 'x-road-request-hash'), ['aGFzaA=='])
    for (const name of ['x-road-error', 'server', 'transfer-encoding', 'wusla-other']) {
      assert.deepEqual(valuesOf(text, name), [], name)
    }
    assert.ok(text.endsWith('\r\n\r\nok'))
    assert.deepEqual(finished, ['delivered'])
  })

  test('a header block that could split the answer is refused whole', async () => {
    for (const headerBlock of [
      'X:a\r\n\r\nHTTP/1.1 200 OK\r\n',
      'X:a\nSet-Cookie:b\r\n',
      'X a\r\n',
      'X:\0\r\n',
      'X:a',
    ]) {
      const finished: string[] = []
      await using inside = await openDoor(() =>
        answer({ headerBlock, finished: (how) => finished.push(how) }),
      )
      const text = await converse(inside.port, get(SERVICE_PATH))
      assert.equal(statusOf(text), 500)
      assert.equal((jsonOf(text) as { wusla: { code: string } }).wusla.code, 'invalid_frame')
      assert.deepEqual(finished, ['interrupted'])
    }
  })

  test('an interim status from the other side is no answer', async () => {
    await using inside = await openDoor(() => answer({ status: 103 }))
    assert.equal(statusOf(await converse(inside.port, get(SERVICE_PATH))), 500)
  })
})
