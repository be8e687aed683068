import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { BackDoor } from './back-door.ts'
import { caller, headerOf, request, startBackend, wholeText } from './testing/backend.ts'

const sendWhole = (response: ServerResponse, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body)
}

test('a small answer comes whole, with its own headers and without those of the hop', async () => {
  await using backend = await startBackend((_, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    const hop = { connection: 'keep-alive, X-Hop', 'x-hop': '1' }
    const forged = {
      server: 'x',
      'x-road-service': 'forged',
      'x-road-error': 'forged',
      'wusla-content-length': '9',
    }
    sendWhole(response, 'bonjour', { 'X-Kept': 'Yes', ...forged, ...hop })
  })
  await using door = new BackDoor()
  const answer = await door.callService({ url: backend.url }, request())
  assert.equal(answer.status, 200)
  assert.equal(wholeText(answer), 'bonjour')
  assert.equal(answer.bodyBytes, 7)
  assert.deepEqual(headerOf(answer, 'x-kept'), ['Yes'])
  assert.deepEqual(headerOf(answer, 'set-cookie'), ['a=1', 'b=2'])
  assert.equal(headerOf(answer, 'date').length, 1)
  const gone = [
    'x-hop',
    'server',
    'connection',
    'content-length',
    'x-road-service',
    'x-road-error',
    'wusla-content-length',
  ]
  for (const name of gone) assert.deepEqual(headerOf(answer, name), [], name)
})

test('the backend sees the verified caller, whatever the header block says', async () => {
  let seen: IncomingMessage | undefined
  await using backend = await startBackend((incoming, response) => {
    seen = incoming
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const headers = [
    ['X-Road-Client', 'AE-DU/GOV/OTHER'],
    ['x-road-service', 'forged'],
    ['X-Road-Id', 'forged'],
    ['x-road-request-id', 'forged'],
    ['X-Road-Request-Hash', 'forged'],
    ['X-Road-UserId', 'AE784'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '99'],
    ['Host', 'forged.example'],
    ['Connection', 'upgrade'],
    ['Expect', '100-continue'],
    ['wusla-anything', 'x'],
    ['Accept', 'application/json'],
  ].flat()
  await door.callService({ url: backend.url }, request({ headers }))
  assert.ok(seen)
  assert.equal(seen.headers['x-road-client'], caller.client)
  assert.equal(seen.headers['x-road-service'], caller.service)
  assert.equal(Buffer.from(String(seen.headers['x-road-id']), 'latin1').toString('utf8'), caller.messageId)
  assert.equal(seen.headers['x-road-request-id'], caller.exchange)
  assert.equal(seen.headers['x-road-userid'], 'AE784')
  assert.equal(seen.headers.host, new URL(backend.url).host)
  assert.equal(seen.headers.accept, 'application/json')
  assert.equal(seen.headers.connection, 'keep-alive')
  const gone = ['x-road-request-hash', 'transfer-encoding', 'content-length', 'expect', 'wusla-anything']
  for (const name of gone) assert.equal(seen.headers[name], undefined, name)
})

test('the path reaches the backend as it was sent, behind the path of the service', async () => {
  const seen: (string | undefined)[] = []
  await using backend = await startBackend((incoming, response) => {
    seen.push(incoming.url)
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const cases: readonly [string, string, string | undefined, string][] = [
    ['', '', undefined, '/'],
    ['', '/', undefined, '/'],
    ['', '/path%3B/', 'a=%20b&c', '/path%3B/?a=%20b&c'],
    ['/', '', undefined, '/'],
    ['/', '/x', undefined, '/x'],
    ['/api', '', '', '/api?'],
    ['/api', '/x', undefined, '/api/x'],
    ['/api/', '/x', undefined, '/api/x'],
    ['/api/', '', undefined, '/api/'],
    ['/a%2Fb', '/./x//y/../z', undefined, '/a%2Fb/./x//y/../z'],
  ]
  for (const [base, path, query] of cases) {
    await door.callService({ url: backend.url + base }, request({ path, query }))
  }
  assert.deepEqual(
    seen,
    cases.map(([, , , expected]) => expected),
  )
})

test('a service URL with anything but scheme, host, port and path is refused', async () => {
  await using door = new BackDoor()
  for (const url of [
    'ftp://x',
    'http://',
    'http://x?y',
    'http://x/#y',
    'http://u:p@x/',
    'http://x/a b',
    'x',
  ]) {
    await assert.rejects(door.callService({ url }, request()), { code: 'config_invalid' }, url)
  }
})

test('interim answers are skipped and redirects are answers', async () => {
  await using backend = await startBackend((_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    response.writeProcessing()
    response.writeHead(302, { location: '/elsewhere', 'content-length': '0' }).end()
  })
  await using door = new BackDoor()
  const answer = await door.callService({ url: backend.url }, request())
  assert.deepEqual([answer.status, headerOf(answer, 'location')], [302, ['/elsewhere']])
})

test('a range is answered by the backend itself', async () => {
  await using backend = await startBackend((incoming, response) => {
    assert.equal(incoming.headers.range, 'bytes=2-4')
    response.writeHead(206, { 'content-range': 'bytes 2-4/10', 'content-length': '3' }).end('cde')
  })
  await using door = new BackDoor()
  const answer = await door.callService({ url: backend.url }, request({ headers: ['Range', 'bytes=2-4'] }))
  assert.deepEqual([answer.status, wholeText(answer)], [206, 'cde'])
  assert.deepEqual(headerOf(answer, 'content-range'), ['bytes 2-4/10'])
})

test('compressed bodies stay compressed', async () => {
  await using backend = await startBackend((_, response) =>
    sendWhole(response, 'not really gzip', { 'content-encoding': 'gzip' }),
  )
  await using door = new BackDoor()
  const answer = await door.callService({ url: backend.url }, request())
  assert.equal(wholeText(answer), 'not really gzip')
  assert.deepEqual(headerOf(answer, 'content-encoding'), ['gzip'])
})

test('the backend may be told what the client of a mapped port called', async () => {
  const seen: (string | undefined)[] = []
  await using backend = await startBackend((incoming, response) => {
    seen.push(incoming.headers.host)
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const own = new URL(backend.url).host
  const call = async (host: 'backend' | 'original', forwarded: string[]): Promise<void> => {
    const headers = forwarded.flatMap((value) => ['x-forwarded-host', value])
    await door.callService({ url: backend.url, host }, request({ headers }))
  }
  await call('original', ['127.0.0.1:7001'])
  await call('backend', ['127.0.0.1:7001'])
  await call('original', [])
  await call('original', ['no host/at all'])
  assert.deepEqual(seen, ['127.0.0.1:7001', own, own, own])
})

test('connections are used again', async () => {
  const ports = new Set<number | undefined>()
  await using backend = await startBackend((incoming, response) => {
    ports.add(incoming.socket.remotePort)
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  for (let i = 0; i < 10; i += 1) await door.callService({ url: backend.url }, request())
  assert.equal(ports.size, 1)
  assert.equal(door.load.connections, 1)
})

test('calls beyond the number of connections wait for one', async () => {
  let inside = 0
  let most = 0
  await using backend = await startBackend((_, response) => {
    inside += 1
    most = Math.max(most, inside)
    setImmediate(() => {
      inside -= 1
      sendWhole(response, '')
    })
  })
  await using door = new BackDoor({ maxConnectionsPerService: 2 })
  const target = { url: backend.url }
  const answers = await Promise.all(Array.from({ length: 20 }, () => door.callService(target, request())))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.ok(most <= 2, `${most} at once`)
  assert.equal(door.load.calls, 0)
})

test('nothing in a request can end a line where no line ends', async () => {
  let calls = 0
  await using backend = await startBackend((_, response) => {
    calls += 1
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const smuggled = 'x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const bad = [
    { headers: ['X', smuggled] },
    { headers: ['X: y\r\nZ', 'x'] },
    { headers: ['X', 'a\nb'] },
    { headers: ['', 'x'] },
    { headers: ['Accept', 'a\r\nContent-Length: 5'] },
    { path: '/a b' },
    { path: '/a\r\nX: y' },
    { path: 'a' },
    { query: 'a b' },
    { query: 'a#b' },
    { method: 'GET /x HTTP/1.1\r\nX:' },
    { method: 'get' },
    { caller: { ...caller, client: 'a\r\nX: y' } },
    { caller: { ...caller, messageId: 'a\nb' } },
    { caller: { ...caller, agreement: 'a\nb' } },
  ]
  for (const changes of bad) {
    const call = door.callService({ url: backend.url }, request(changes))
    await assert.rejects(call, { code: 'invalid_request' }, JSON.stringify(changes))
  }
  assert.equal(calls, 0)
  assert.equal(door.load.calls, 0)
})

test('the backend reads the purpose that was signed, and no other', async () => {
  const seen: unknown[] = []
  await using backend = await startBackend((incoming, response) => {
    seen.push(incoming.headers['wusla-purpose'])
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const forged = { headers: ['Wusla-Purpose', 'forged'] }
  await door.callService({ url: backend.url }, request(forged))
  await door.callService(
    { url: backend.url },
    request({ ...forged, caller: { ...caller, purpose: 'audit' } }),
  )
  assert.deepEqual(seen, [undefined, 'audit'])
})

test('the backend reads agreement and data class of the grant, and no others', async () => {
  const seen: unknown[] = []
  await using backend = await startBackend(({ headers }, response) => {
    seen.push([headers['wusla-agreement'], headers['wusla-data-class']])
    sendWhole(response, '')
  })
  await using door = new BackDoor()
  const forged = { headers: ['Wusla-Data-Class', 'open', 'Wusla-Agreement', 'forged'] }
  const granted = { ...caller, agreement: 'TvUYs7hoFw', dataClass: 'sensitive' } as const
  await door.callService({ url: backend.url }, request({ ...forged, caller: granted }))
  assert.deepEqual(seen, [['TvUYs7hoFw', 'sensitive']])
})
