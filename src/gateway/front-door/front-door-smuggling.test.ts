import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answer, CALLER_LINES, connectRaw, openDoor, SERVICE_PATH } from './testing/open-door.ts'

const head = (method: string, lines = ''): string =>
  `${method} ${SERVICE_PATH} HTTP/1.1\r\n${CALLER_LINES}${lines}\r\n`

suite('what two servers could read as two different requests', () => {
  const smuggled = `GET ${SERVICE_PATH}/smuggled HTTP/1.1\r\n${CALLER_LINES}\r\n`
  const payloads: Readonly<Record<string, string>> = {
    'length and chunked':
      head('POST', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n') + `0\r\n\r\n${smuggled}`,
    'chunked and length':
      head('POST', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n') + `0\r\n\r\n${smuggled}`,
    'two lengths': head('POST', 'Content-Length: 0\r\nContent-Length: 4\r\n') + smuggled,
    'one length twice': head('POST', 'Content-Length: 0\r\nContent-Length: 0\r\n') + smuggled,
    'a list of lengths': head('POST', 'Content-Length: 0, 4\r\n') + smuggled,
    'a signed length': head('POST', 'Content-Length: +4\r\n') + smuggled,
    'a hexadecimal length': head('POST', 'Content-Length: 0x4\r\n') + smuggled,
    'an endless length': head('POST', 'Content-Length: 99999999999999999999\r\n') + smuggled,
    'a hidden coding': head('POST', 'Transfer-Encoding: xchunked\r\n') + smuggled,
    'two codings': head('POST', 'Transfer-Encoding: gzip, chunked\r\n') + `0\r\n\r\n${smuggled}`,
    'chunked twice':
      head('POST', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n') + `0\r\n\r\n${smuggled}`,
    'chunked, then identity':
      head('POST', 'Transfer-Encoding: chunked, identity\r\n') + `0\r\n\r\n${smuggled}`,
    'a coding behind a tab': head('POST', 'Transfer-Encoding:\tchunked\t, x\r\n') + `0\r\n\r\n${smuggled}`,
    'a blank before the colon': head('POST', 'Content-Length : 4\r\n') + smuggled,
    'a folded line': head('POST', 'X: a\r\n Content-Length: 4\r\n') + smuggled,
    'a bare line feed': head('POST', 'X: a\nContent-Length: 4\r\n') + smuggled,
    'a bare carriage return': head('POST', 'X: a\rContent-Length: 4\r\n') + smuggled,
    'a zero byte': head('POST', 'X: a\0b\r\n') + smuggled,
    'a line without a colon': head('POST', 'nonsense\r\n') + smuggled,
    'an empty name': head('POST', ': x\r\n') + smuggled,
    'two hosts': head('POST', 'Host: other\r\n') + smuggled,
    'no host': `GET ${SERVICE_PATH} HTTP/1.1\r\nX-Road-Client: AE-DU/GOV/RTA/LICENSING\r\n\r\n`,
    'a size with a sign':
      head('POST', 'Transfer-Encoding: chunked\r\n') + `+5\r\nhello\r\n0\r\n\r\n${smuggled}`,
    'a size in another base':
      head('POST', 'Transfer-Encoding: chunked\r\n') + `0x5\r\nhello\r\n0\r\n\r\n${smuggled}`,
    'a size that overflows':
      head('POST', 'Transfer-Encoding: chunked\r\n') + `1${'0'.repeat(16)}\r\nhello\r\n${smuggled}`,
    'a chunk without its end':
      head('POST', 'Transfer-Encoding: chunked\r\n') + `5\r\nhelloXX0\r\n\r\n${smuggled}`,
    'chunks ended by line feeds':
      head('POST', 'Transfer-Encoding: chunked\r\n') + `5\nhello\n0\n\n${smuggled}`,
    'a target with a blank': `GET ${SERVICE_PATH} x HTTP/1.1\r\n${CALLER_LINES}\r\n`,
    'a fragment': `GET ${SERVICE_PATH}#x HTTP/1.1\r\n${CALLER_LINES}\r\n`,
    'no version': `GET ${SERVICE_PATH}\r\n${CALLER_LINES}\r\n`,
    'HTTP/1.2': `GET ${SERVICE_PATH} HTTP/1.2\r\n${CALLER_LINES}\r\n`,
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  }
  for (const [name, bytes] of Object.entries(payloads)) {
    test(name, async () => {
      await using open = await openDoor(async ({ body }) => {
        if (body !== null && !Buffer.isBuffer(body)) for await (const run of body) assert.ok(run)
        return answer()
      })
      using client = await connectRaw(open.port)
      client.write(bytes)
      client.socket.end()
      const text = await client.ended()
      assert.doesNotMatch(text, /^HTTP\/1\.1 200 /m)
      assert.ok(!open.requests.some(({ path }) => path === '/smuggled'), 'the smuggled request got through')
      await open.emptied()
    })
  }
})
