import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answer, CALLER_LINES, connectRaw, converse, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const head = (method: string, lines = ''): string =>
  `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}${lines}\r\n`

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

suite('limits', () => {
  test('a head that is too large', async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    client.write(head('GET', `X: ${'a'.repeat(70_000)}\r\n`))
    assert.match(await client.ended(), /^HTTP\/1\.1 431 /)
    assert.equal(open.requests.length, 0)
    assert.deepEqual(
      open.events.map((event) => (event.kind === 'request_malformed' ? event.reason : event)),
      ['HPE_HEADER_OVERFLOW'],
    )
  })

  test('a path or query that no statement could hold', async () => {
    await using open = await openDoor()
    for (const tail of [`/${'a'.repeat(8_192)}`, `?${'a'.repeat(16_385)}`]) {
      const text = await converse(
        open.port,
        head('GET', 'Connection: close\r\n').replace(' HTTP', `${tail} HTTP`),
      )
      assert.match(text, /^HTTP\/1\.1 400 [^]*"code":"request_too_large"/)
    }
    assert.equal(open.requests.length, 0)
  })

  test('an X-Road header that no statement could hold', async () => {
    await using open = await openDoor()
    const text = await converse(open.port, head('GET', `X-Road-Id: ${'a'.repeat(1_025)}\r\n`))
    assert.match(text, /^HTTP\/1\.1 400 [^]*"code":"invalid_request"/)
  })

  test('a head that drips in', async () => {
    await using open = await openDoor(undefined, { limits: { headTimeoutMs: 100 } })
    using client = await connectRaw(open.port)
    client.write('GET / HTTP/1.1\r\nHost:')
    assert.match(await client.ended(), /^HTTP\/1\.1 408 /)
  })

  test('a connection nobody uses', async (t) => {
    let aheadMs = 0
    const now = performance.now.bind(performance)
    t.mock.method(performance, 'now', () => now() + aheadMs)
    t.mock.timers.enable({ apis: ['setInterval'] })
    await using open = await openDoor(undefined, { limits: { idleTimeoutMs: 600_000 } })
    using client = await connectRaw(open.port)
    client.write(head('GET'))
    await client.until(/ok$/)
    t.mock.timers.tick(1_000)
    client.write(head('GET'))
    await client.until(/ok[^]*ok$/)
    while (open.door.load.connections > 0) {
      aheadMs += 610_000
      t.mock.timers.tick(1_000)
      await turn()
    }
    await client.ended()
  })

  test('a body that stands still', async () => {
    await using open = await openDoor(undefined, { limits: { stallTimeoutMs: 50 } })
    using client = await connectRaw(open.port)
    client.write(`${head('POST', 'Content-Length: 10\r\n')}hello`)
    await client.ended()
    await open.emptied()
    assert.equal(open.requests.length, 0)
  })

  test('a client that takes nothing of its answer', async () => {
    async function* body(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(65_536)
    }
    const finished = Promise.withResolvers<string>()
    await using open = await openDoor(() => answer({ body: body(), finished: finished.resolve }), {
      limits: { stallTimeoutMs: 50 },
    })
    using client = await connectRaw(open.port)
    client.socket.pause()
    client.write(head('GET'))
    assert.equal(await finished.promise, 'interrupted')
    await open.emptied()
  })

  test('waiting for the answer is no stall', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>()
    await using open = await openDoor(
      async () => {
        await go
        return answer()
      },
      { limits: { stallTimeoutMs: 20 } },
    )
    using client = await connectRaw(open.port)
    client.write(head('POST', 'Content-Length: 2\r\n') + 'ab')
    setTimeout(resolve, 150)
    await client.until(/ok$/)
  })

  test('more connections than the port holds', async () => {
    await using open = await openDoor(undefined, { limits: { maxConnections: 2 } })
    using first = await connectRaw(open.port)
    using second = await connectRaw(open.port)
    using third = await connectRaw(open.port)
    await third.ended()
    for (const client of [first, second]) {
      client.write(head('GET'))
      await client.until(/ok$/)
    }
  })
})

suite('closing', () => {
  test('calls under way come to their end, nobody new comes in', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>()
    await using open = await openDoor(async () => {
      await go
      return answer()
    })
    using idle = await connectRaw(open.port)
    using busy = await connectRaw(open.port)
    busy.write(head('GET'))
    while (open.requests.length === 0) await turn()
    const closed = open.door.close(60_000)
    await idle.ended()
    await assert.rejects(connectRaw(open.port), { code: 'ECONNREFUSED' })
    resolve()
    assert.match(await busy.ended(), /ok$/)
    await closed
  })

  test('calls that do not come to their end are cut', async () => {
    await using open = await openDoor(() => new Promise(() => undefined))
    using busy = await connectRaw(open.port)
    busy.write(head('GET'))
    while (open.requests.length === 0) await turn()
    await open.door.close(10)
    assert.equal(await busy.ended(), '')
    while (open.requests[0]?.signal.aborted !== true) await turn()
  })
})

suite('metaservices', () => {
  const calls: unknown[] = []
  const metaservices = (call: {
    readonly target: { readonly name: string }
    readonly client?: string
  }): Promise<
    | {
        status: number
        rawHeaders: string[]
        body: Buffer
      }
    | undefined
  > => {
    calls.push([call.target, call.client])
    if (call.target.name === 'getOpenAPI') return Promise.resolve(undefined)
    return Promise.resolve({
      status: 200,
      rawHeaders: ['content-type', 'application/json'],
      body: Buffer.from('[]'),
    })
  }

  test('have their place, at the root and where a service code stands', async () => {
    calls.length = 0
    await using open = await openDoor(undefined, { metaservices })
    const close = 'Connection: close\r\n'
    const ask = (path: string, lines = CALLER_LINES): Promise<string> =>
      converse(open.port, `GET ${path} HTTP/1.1\r\n${lines}${close}\r\n`)
    assert.match(await ask('/listClients?xRoadInstance=AE-DU', 'Host: g\r\n'), /\r\n\r\n\[\]$/)
    assert.match(await ask('/r1/AE-DU/SEMI/DEWA/BILLING/listMethods'), /\r\n\r\n\[\]$/)
    assert.match(
      await ask('/r1/AE-DU/SEMI/DEWA/BILLING/listMethods', 'Host: g\r\n'),
      /client identifier is missing/,
    )
    const system = 'AE-DU/SEMI/DEWA/BILLING'
    assert.deepEqual(calls, [
      [{ kind: 'gateway', name: 'listClients', query: 'xRoadInstance=AE-DU' }, undefined],
      [
        { kind: 'system', name: 'listMethods', system, service: `${system}/listMethods`, query: undefined },
        'AE-DU/GOV/RTA/LICENSING',
      ],
    ])
    assert.equal(open.requests.length, 0)
  })

  test('go out as ordinary calls where nobody offers them, and with any other method', async () => {
    await using open = await openDoor(undefined, { metaservices })
    const path = '/r1/AE-DU/SEMI/DEWA/BILLING/getOpenAPI?serviceCode=bills'
    await converse(open.port, `GET ${path} HTTP/1.1\r\n${CALLER_LINES}Connection: close\r\n\r\n`)
    const other = '/r1/AE-DU/SEMI/DEWA/BILLING/listMethods'
    await converse(
      open.port,
      `POST ${other} HTTP/1.1\r\n${CALLER_LINES}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    assert.deepEqual(
      open.requests.map(({ service, path: rest, query }) => [service, rest, query]),
      [
        ['AE-DU/SEMI/DEWA/BILLING/getOpenAPI', '', 'serviceCode=bills'],
        [other.slice(4), '', undefined],
      ],
    )
  })
})
