import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HttpSyntaxError } from './http-syntax-error.ts'
import { Llhttp } from './llhttp.ts'
import { MessageParser } from './message-parser.ts'
import type { MessageHead } from './message-parser.ts'

const llhttp = new Llhttp()

interface Message {
  readonly head: MessageHead
  body: string
}

/** Everything a connection with these pieces of bytes brings. */
function readAll(kind: 'request' | 'answer', pieces: readonly Buffer[]): Message[] {
  const parser = new MessageParser(llhttp, kind, 65_536)
  const messages: Message[] = []
  let isOpen = false
  for (const piece of pieces) {
    let rest = Buffer.from(piece)
    while (rest.length > 0) {
      const step = parser.execute(rest)
      if (step.head !== undefined) messages.push({ head: step.head, body: '' })
      const message = messages.at(-1)
      for (const run of step.runs) if (message !== undefined) message.body += run.toString('latin1')
      isOpen = !step.isComplete
      rest = rest.subarray(step.consumed)
    }
    // A view of bytes that are gone must not matter: whoever keeps a run copies it.
    piece.fill(0)
  }
  assert.equal(isOpen, false, 'the last message is not complete')
  parser.free()
  return messages
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

const requests =
  'POST /a?b HTTP/1.1\r\nHost: gateway\r\nEmpty:\r\nX-Odd:  a \t b \t \r\nX-High: \xe9\r\nContent-Length: 5\r\n\r\nhello' +
  '\r\nGET /next HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' +
  'PUT /c HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5;ext="x"\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n' +
  'GET /u HTTP/1.1\r\nHost: g\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n' +
  'GET /last HTTP/1.1\r\nHost: g\r\n\r\n'

const answers =
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204\r\n\r\n' +
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'

suite('messages', () => {
  test('requests as sent', () => {
    const messages = readAll('request', [bytes(requests)])
    assert.deepEqual(
      messages.map(({ head, body }) => [head.method, head.target, head.minor, head.keepsAlive, body]),
      [
        ['POST', '/a?b', 1, true, 'hello'],
        ['GET', '/next', 0, true, ''],
        ['PUT', '/c', 1, true, 'hello!'],
        ['GET', '/u', 1, true, ''],
        ['GET', '/last', 1, true, ''],
      ],
    )
    assert.deepEqual(messages[0]?.head.rawHeaders, [
      'Host',
      'gateway',
      'Empty',
      '',
      'X-Odd',
      'a \t b',
      'X-High',
      '\xe9',
      'Content-Length',
      '5',
    ])
  })

  test('answers as sent', () => {
    const messages = readAll('answer', [bytes(answers)])
    assert.deepEqual(
      messages.map(({ head, body }) => [head.status, head.reason, body]),
      [
        [100, 'Continue', ''],
        [200, 'OK', 'ok'],
        [204, '', ''],
        [304, 'Not Modified', ''],
        [404, '', ''],
      ],
    )
  })

  for (const [kind, text] of [
    ['request', requests],
    ['answer', answers],
  ] as const) {
    test(`the same ${kind}s however the network cuts them`, () => {
      const whole = readAll(kind, [bytes(text)])
      assert.deepEqual(readAll(kind, Array.from(text, bytes)), whole)
      fc.assert(
        fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
          const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
          const pieces = places.slice(1).map((end, i) => bytes(text.slice(places[i], end)))
          assert.deepEqual(readAll(kind, pieces), whole)
        }),
        { numRuns: 200 },
      )
    })
  }

  test('headers that are repeated are the same list; whatever differs is read anew', () => {
    const parser = new MessageParser(llhttp, 'request', 65_536)
    const read = (head: string): readonly string[] | undefined => parser.execute(bytes(head)).head?.rawHeaders
    const first = read('GET /a HTTP/1.1\r\nHost: g\r\nX: 1\r\n\r\n')
    assert.equal(read('PUT /b?longer HTTP/1.1\r\nHost: g\r\nX: 1\r\n\r\n'), first)
    const other = read('GET /a HTTP/1.1\r\nHost: g\r\nX: 2\r\n\r\n')
    assert.deepEqual(other, ['Host', 'g', 'X', '2'])
    assert.deepEqual(first, ['Host', 'g', 'X', '1'])
    parser.free()
  })

  test('one connection reads every head as a connection of its own would', () => {
    const lines = [
      'Host: g',
      'host: g',
      'X:',
      'X: ',
      'X: \t1',
      'X: 1 ',
      'X: 1',
      'X: 1\t\t',
      'Y: X: 1',
      'Connection: x',
    ]
    const head = fc
      .tuple(fc.constantFrom('GET /', 'POST /?X:1'), fc.array(fc.constantFrom(...lines), { maxLength: 3 }))
      .map(([start, headers]) => `${start} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`)
    fc.assert(
      fc.property(fc.array(head, { minLength: 2, maxLength: 8 }), (heads) => {
        const alone = heads.flatMap((each) => readAll('request', [bytes(each)]))
        assert.deepEqual(readAll('request', [bytes(heads.join(''))]), alone)
        assert.deepEqual(readAll('request', heads.map(bytes)), alone)
      }),
      { numRuns: 500 },
    )
  })

  test('an answer to HEAD has no body, and one without a length lasts as long as the connection', () => {
    const parser = new MessageParser(llhttp, 'answer', 65_536)
    parser.isBodiless = true
    const head = bytes('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
    assert.equal(parser.execute(head).isComplete, true)
    parser.isBodiless = false
    const open = parser.execute(bytes('HTTP/1.1 200 OK\r\n\r\nas long as'))
    assert.deepEqual([open.isComplete, open.head?.keepsAlive], [false, false])
    assert.equal(parser.finish(), true)
    parser.free()
  })

  test('a message that breaks off is told at its end', () => {
    const parser = new MessageParser(llhttp, 'answer', 65_536)
    parser.execute(bytes('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'))
    assert.throws(() => parser.finish(), HttpSyntaxError)
    parser.free()
  })

  test('two connections do not mix, and a thousand parsers give their memory back', () => {
    const first = new MessageParser(llhttp, 'request', 65_536)
    const second = new MessageParser(llhttp, 'request', 65_536)
    first.execute(bytes('GET /first HTTP/1.1\r\nHo'))
    second.execute(bytes('GET /second HTTP/1.1\r\nHost: '))
    assert.equal(first.execute(bytes('st: a\r\n\r\n')).head?.target, '/first')
    assert.deepEqual(second.execute(bytes('b\r\n\r\n')).head?.rawHeaders, ['Host', 'b'])
    for (let round = 0; round < 20; round += 1) {
      const many = Array.from({ length: 1_000 }, () => new MessageParser(llhttp, 'request', 65_536))
      assert.equal(many[999]?.execute(bytes('GET / HTTP/1.1\r\n\r\n')).isComplete, true)
      for (const parser of many) parser.free()
    }
    first.free()
    second.free()
    assert.ok(llhttp.memoryBytes < 4 * 1_048_576, `${llhttp.memoryBytes} bytes`)
  })
})

suite('bounds', () => {
  const refusal = (pieces: Iterable<Buffer>): string => {
    const parser = new MessageParser(llhttp, 'request', 16_384)
    try {
      for (const piece of pieces) parser.execute(piece)
      return ''
    } catch (error) {
      assert.ok(error instanceof HttpSyntaxError)
      return error.reason
    } finally {
      parser.free()
    }
  }
  const repeat = (text: string, times: number): Buffer[] => Array.from({ length: times }, () => bytes(text))

  test('heads: bytes and lines, at once or dripping', () => {
    const begin = 'GET / HTTP/1.1\r\n'
    assert.equal(refusal([bytes(`${begin}X: ${'a'.repeat(16_000)}\r\n\r\n`)]), '')
    assert.equal(refusal([bytes(`${begin}X: ${'a'.repeat(17_000)}\r\n\r\n`)]), 'HPE_HEADER_OVERFLOW')
    assert.equal(refusal([bytes(`${begin}X: `), ...repeat('a', 17_000)]), 'HPE_HEADER_OVERFLOW')
    assert.equal(refusal([bytes(`${begin}${'a:b\r\n'.repeat(256)}\r\n`)]), '')
    assert.equal(refusal([bytes(`${begin}${'a:b\r\n'.repeat(257)}\r\n`)]), 'HPE_HEADER_OVERFLOW')
    assert.equal(refusal([bytes(begin), ...repeat('a:b\r\n', 300)]), 'HPE_HEADER_OVERFLOW')
    assert.equal(refusal([bytes(`GET /${'a'.repeat(17_000)} HTTP/1.1\r\n\r\n`)]), 'HPE_HEADER_OVERFLOW')
  })

  test('chunk extensions and trailers that carry no body', () => {
    const begin = bytes('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
    assert.equal(refusal([begin, ...repeat('1\r\na\r\n', 50_000)]), '')
    assert.equal(refusal([begin, bytes('1;'), ...repeat('a'.repeat(1_000), 100)]), 'HPE_FRAMING_OVERFLOW')
    assert.equal(refusal([begin, bytes('0\r\n'), ...repeat('a: b\r\n', 50_000)]), 'HPE_FRAMING_OVERFLOW')
  })
})
