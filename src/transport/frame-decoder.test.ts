import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { FrameDecoder } from './frame-decoder.ts'
import type { FrameSink } from './frame-decoder.ts'
import { FRAME, MAX_DATA_BYTES, MAX_FRAME_LENGTH } from './frame-layout.ts'
import { FrameWriter } from './frame-writer.ts'

/** Frames as text; DATA pieces are joined, so that the text does not depend on where chunks end. */
class Collector implements FrameSink {
  readonly frames: string[] = []
  #data = ''

  frame(type: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    assert.equal(this.#data, '', 'DATA is whole before the next frame')
    this.frames.push(`${type} ${streamId} ${bytes.toString('hex', start, end)}`)
  }

  data(streamId: number, piece: Buffer, frameBytes: number, first: boolean): void {
    assert.equal(first, this.#data === '')
    assert.ok(piece.length > 0)
    this.#data += piece.toString('hex')
    if (this.#data.length < frameBytes * 2) return
    this.frames.push(`${FRAME.data} ${streamId} ${this.#data}`)
    this.#data = ''
  }
}

function decode(chunks: readonly Buffer[]): string[] {
  const collector = new Collector()
  const decoder = new FrameDecoder(collector)
  for (const chunk of chunks) decoder.push(Buffer.from(chunk))
  assert.equal(decoder.heldBytes, 0, 'nothing is left over')
  return collector.frames
}

function writeSome(writer: FrameWriter): void {
  writer.text(FRAME.hello, 0, '{"version":1}')
  writer.message({
    type: FRAME.request,
    streamId: 1,
    statement: '{"é":1}',
    headerBlock: 'A:\u00e9\r\n',
    body: undefined,
  })
  writer.data(1, Buffer.from('abc'))
  writer.text(FRAME.finish, 1, '{"x":2}')
  writer.batch('{"h":1}', '[{"s":1}]')
  writer.message({
    type: FRAME.answer,
    streamId: 1,
    statement: '{}',
    headerBlock: '',
    body: Buffer.from('body'),
  })
  writer.credit(1, 65_536)
  writer.text(FRAME.reset, 1, '{"code":"stream_cancelled"}')
  writer.heartbeat(FRAME.ping, Buffer.from('12345678'))
  writer.heartbeat(FRAME.pong, Buffer.from('12345678'))
  writer.text(FRAME.goaway, 0, '')
}

const hex = (text: string): string => Buffer.from(text).toString('hex')

const EXPECTED = [
  `1 0 ${hex('{"version":1}')}`,
  `2 1 0000000008${hex('{"é":1}')}00000005413ae90d0a`,
  `4 1 ${hex('abc')}`,
  `5 1 ${hex('{"x":2}')}`,
  `6 0 00000007${hex('{"h":1}')}${hex('[{"s":1}]')}`,
  `3 1 0100000002${hex('{}')}00000000${hex('body')}`,
  '7 1 00010000',
  `8 1 ${hex('{"code":"stream_cancelled"}')}`,
  `9 0 ${hex('12345678')}`,
  `10 0 ${hex('12345678')}`,
  '11 0 ',
]

await test('a frame is length, type, stream id and payload', () => {
  const writer = new FrameWriter()
  writer.credit(0x01020304, 5)
  assert.equal(Buffer.concat(writer.take()).toString('hex'), '00000009070102030400000005')
  assert.equal(writer.bytes, 0)
})

await test('every frame comes out as it went in, wherever the byte stream is cut', () => {
  const writer = new FrameWriter()
  writeSome(writer)
  assert.ok(writer.bytes > 0)
  const bytes = Buffer.concat(writer.take())
  assert.deepEqual(decode([bytes]), EXPECTED)
  assert.deepEqual(decode([...bytes].map((byte) => Buffer.from([byte]))), EXPECTED)
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(decode([bytes.subarray(0, at), bytes.subarray(at)]), EXPECTED, `cut at ${at}`)
  }
})

await test('frames of any size survive any cutting', () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: MAX_DATA_BYTES })),
    {
      maxLength: 8,
    },
  )
  const property = fc.property(
    sizes,
    fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 30 }),
    (lengths, cuts) => {
      const writer = new FrameWriter()
      lengths.forEach((length, i) => {
        writer.data(i, Buffer.alloc(length, i))
        writer.message({
          type: FRAME.answer,
          streamId: i,
          statement: 's'.repeat(length % 999),
          headerBlock: '',
          body: undefined,
        })
      })
      const bytes = Buffer.concat(writer.take())
      const chunks: Buffer[] = []
      let at = 0
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut))
        at += cut
      }
      chunks.push(bytes.subarray(at))
      assert.deepEqual(decode(chunks), decode([bytes]))
      assert.equal(decode([bytes]).length, lengths.length * 2)
    },
  )
  fc.assert(property, { numRuns: 40 })
})

await test('parts that were taken do not change when more is written', () => {
  const writer = new FrameWriter()
  writer.text(FRAME.finish, 1, 'first')
  const parts = writer.take()
  const before = Buffer.concat(parts).toString('hex')
  for (let i = 0; i < 5_000; i += 1) writer.text(FRAME.finish, 2, 'second')
  writer.release()
  assert.equal(Buffer.concat(parts).toString('hex'), before)
})

function header(length: number, type: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes.writeUInt32BE(length, 0)
  bytes[4] = type
  return bytes
}

const REFUSED: readonly [string, Buffer, string][] = [
  ['a length beyond the bound', header(MAX_FRAME_LENGTH + 1, FRAME.data), 'frame_too_large'],
  ['the largest length of all', header(0xffff_ffff, FRAME.data), 'frame_too_large'],
  ['a length too short for a type', header(4, FRAME.ping), 'invalid_frame'],
  ['no length', header(0, FRAME.ping), 'invalid_frame'],
  ['type 0', header(5, 0), 'invalid_frame'],
  ['an unknown type', header(5, 12), 'invalid_frame'],
  ['a PING of nine bytes', header(5 + 9, FRAME.ping), 'frame_too_large'],
  ['DATA beyond 64 KiB', header(5 + MAX_DATA_BYTES + 1, FRAME.data), 'frame_too_large'],
  ['DATA without a byte', header(5, FRAME.data), 'invalid_frame'],
  ['a HELLO of a megabyte', header(1_048_576, FRAME.hello), 'frame_too_large'],
]

for (const [name, bytes, code] of REFUSED) {
  await test(`refused before its payload comes: ${name}`, () => {
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
      assert.throws(
        () => decode(chunks),
        (error) => isWuslaError(error) && error.code === code,
      )
    }
  })
}

await test('an announced length reserves no memory, and DATA is never kept', () => {
  const decoder = new FrameDecoder(new Collector())
  decoder.push(header(5 + 60_000, FRAME.finish))
  decoder.push(Buffer.alloc(10))
  assert.equal(decoder.heldBytes, 19)
  const data = new FrameDecoder(new Collector())
  data.push(header(5 + 60_000, FRAME.data))
  data.push(Buffer.alloc(50_000))
  assert.equal(data.heldBytes, 0)
})

await test('after stop nothing is handed on, not even the rest of the chunk', () => {
  const writer = new FrameWriter()
  writer.credit(1, 1)
  writer.credit(2, 1)
  const seen: number[] = []
  const decoder: FrameDecoder = new FrameDecoder({
    frame: (_type, streamId) => {
      seen.push(streamId)
      decoder.stop()
    },
    data: () => assert.fail('no data'),
  })
  const bytes = Buffer.concat(writer.take())
  decoder.push(bytes)
  decoder.push(bytes)
  assert.deepEqual(seen, [1])
})
