import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DROPPED_REQUEST_HEADERS, formatHeaderBlock } from '../../protocol/head.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import { CALLER_LINES, connectRaw, openDoor, SERVICE_PATH } from './testing/open-door.ts'
import type { TestDoor } from './testing/open-door.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }

const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
const SERVICE = 'AE-DU/COM/MORO/CLOUD/npm'

const get = (lines: string, version = '1.1'): string =>
  `GET ${SERVICE_PATH}/x HTTP/${version}\r\n${lines}\r\n`

/** The requests that come of these, sent one after the other on one connection. */
async function onOneConnection(
  open: TestDoor,
  port: number,
  texts: readonly string[],
): Promise<FrontDoorRequest[]> {
  using client = await connectRaw(port)
  const before = open.requests.length
  for (const [i, text] of texts.entries()) {
    client.write(text)
    await client.until(new RegExp(`^(?:HTTP/1[^]*?\\r\\n\\r\\nok){${i + 1}}$`))
  }
  return open.requests.slice(before)
}

/** What a request says of its headers, however that was found. */
function saidBy({ rawHeaders, headerLines, user, messageId, purpose }: FrontDoorRequest): unknown {
  const lines = formatHeaderBlock(rawHeaders, DROPPED_REQUEST_HEADERS, [])
  return {
    rawHeaders,
    lines: headerLines ?? lines,
    isSame: (headerLines ?? lines) === lines,
    user,
    messageId,
    purpose,
  }
}

suite('clients that repeat their headers, or nearly', () => {
  const texts = [
    get(CALLER_LINES),
    get(CALLER_LINES),
    get(`${CALLER_LINES}X-Road-UserId: a\r\n`),
    get(`${CALLER_LINES}X-Road-UserId: b\r\n`),
    get(`${CALLER_LINES}X-Road-UserId: b\r\n`),
    get(`${CALLER_LINES}Wusla-Purpose: licensing\r\nX-Road-Id: 1\r\n`),
    get(`${CALLER_LINES}X-Road-Id: 1\r\n`),
    get(CALLER_LINES),
  ]

  test('each request says what it would say on a connection of its own', BOUNDED, async () => {
    await using open = await openDoor()
    const alone = []
    for (const text of texts) alone.push(...(await onOneConnection(open, open.port, [text])))
    const together = await onOneConnection(open, open.port, texts)
    assert.deepEqual(together.map(saidBy), alone.map(saidBy))
    assert.deepEqual(
      together.map(({ user }) => user),
      [undefined, undefined, 'a', 'b', 'b', undefined, undefined, undefined],
    )
  })

  test('Host may be missing in HTTP/1.0, also before the same headers in HTTP/1.1', BOUNDED, async () => {
    await using open = await openDoor()
    using client = await connectRaw(open.port)
    const lines = `Connection: keep-alive\r\nX-Road-Client: ${CLIENT}\r\n`
    client.write(get(lines, '1.0'))
    await client.until(/ok$/)
    client.write(get(lines))
    assert.match(await client.ended(), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 /)
    assert.equal(open.requests.length, 1)
  })

  test('what the door adds is added once, to this request and no other', async () => {
    await using open = await openDoor(undefined, {
      mappedPorts: [{ port: 0, client: CLIENT, service: SERVICE }],
    })
    const [port = 0] = open.door.mappedPorts
    const body = 'x'.repeat(20_000)
    const post = `POST /x HTTP/1.1\r\nHost: h:1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const requests = await onOneConnection(open, port, [
      post,
      get('Host: h:1\r\n'),
      get('Host: h:1\r\n'),
      post,
    ])
    const forwarded = 'x-forwarded-host:h:1\r\nx-forwarded-proto:http\r\n'
    const lines = [
      `wusla-content-length:20000\r\n${forwarded}`,
      forwarded,
      forwarded,
      `wusla-content-length:20000\r\n${forwarded}`,
    ]
    assert.deepEqual(
      requests.map((request) => (saidBy(request) as { lines: string }).lines),
      lines,
    )
  })
})
