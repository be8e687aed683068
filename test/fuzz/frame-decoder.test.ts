import assert from 'node:assert/strict'
import test from 'node:test'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { encodeRequestStatement } from '../../src/protocol/statement.ts'
import { FrameDecoder } from '../../src/transport/frame-decoder.ts'
import { FRAME, MAX_FRAME_LENGTH } from '../../src/transport/frame-layout.ts'
import { FrameWriter } from '../../src/transport/frame-writer.ts'
import { echo, heldBy, makeOpening } from '../../src/transport/session-fixture.ts'
import { openRawPeer, rawRequest } from '../../src/transport/session-raw-peer.ts'
import type { RawPeer } from '../../src/transport/session-raw-peer.ts'
import { fuzz, fuzzSeconds, mutateBytes, randomBytes } from './mutate-bytes.ts'
import type { Random } from './mutate-bytes.ts'

/** A stream of every kind of frame. */
function validFrames(random: Random): Buffer {
  const writer = new FrameWriter()
  const frames = 1 + random.below(6)
  for (let i = 0; i < frames; i += 1) writeAny(writer, random)
  return Buffer.concat(writer.take())
}

function writeAny(writer: FrameWriter, random: Random): void {
  const streamId = random.below(6)
  const statement = encodeRequestStatement({ ...makeOpening(), bodyBytes: 0 })
  const body = random.below(2) === 0 ? undefined : randomBytes(random, random.below(50))
  switch (random.below(9)) {
    case 0:
      return writer.message({ type: FRAME.request, streamId, statement, headerBlock: 'A:b\r\n', body })
    case 1:
      return writer.message({ type: FRAME.answer, streamId, statement, headerBlock: '', body })
    case 2:
      return writer.data(streamId, randomBytes(random, 1 + random.below(3_000)))
    case 3:
      return writer.text(FRAME.finish, streamId, statement)
    case 4:
      return writer.batch('{"kind":"requests"}', '[]')
    case 5:
      return writer.credit(streamId, 1 + random.below(70_000))
    case 6:
      return writer.text(FRAME.reset, streamId, '{"code":"stream_cancelled"}')
    case 7:
      return writer.heartbeat(random.below(2) === 0 ? FRAME.ping : FRAME.pong, Buffer.alloc(8))
    default:
      return writer.text(FRAME.goaway, 0, '{"code":"session_closed"}')
  }
}

/** Gives bytes out in random chunks. */
function* cut(bytes: Buffer, random: Random): Generator<Buffer> {
  let at = 0
  while (at < bytes.length) {
    const length = 1 + random.below(random.below(3) === 0 ? 4 : 2_000)
    yield Buffer.from(bytes.subarray(at, at + length))
    at += length
  }
}

await test('the frame decoder: no crash, bounded memory, and every byte is used or refused', async () => {
  let refused = 0
  let frames = 0
  const runs = await fuzz(fuzzSeconds(), (random) => {
    const valid = validFrames(random)
    const bytes = random.below(8) === 0 ? randomBytes(random, random.below(200)) : mutateBytes(valid, random)
    let used = 0
    const decoder = new FrameDecoder({
      frame: (_type, _streamId, buffer, start, end) => {
        assert.ok(start >= 0 && end >= start && end <= buffer.length)
        used += 9 + end - start
        frames += 1
      },
      data: (_streamId, piece, frameBytes, first) => {
        assert.ok(piece.length > 0 && piece.length <= frameBytes)
        used += piece.length + (first ? 9 : 0)
      },
    })
    let given = 0
    try {
      for (const chunk of cut(bytes, random)) {
        given += chunk.length
        decoder.push(chunk)
        assert.ok(decoder.heldBytes <= Math.min(given, MAX_FRAME_LENGTH + 4))
        assert.ok(used + decoder.heldBytes >= given - 9 && used <= given, 'progress')
      }
    } catch (error) {
      if (!isWuslaError(error)) throw error
      refused += 1
    }
  })
  assert.ok(runs > 100 && refused > 10 && frames > 100, `${runs} runs, ${refused} refused, ${frames} frames`)
})

/** A right beginning: a small request, and a streamed one with some of its body. */
function writeExchange(peer: RawPeer): void {
  peer.batch('requests', [rawRequest(peer, 1)])
  const { encodeOpening, data } = { encodeOpening: makeOpening(), data: Buffer.alloc(500) }
  const statement = encodeRequestStatement({ ...encodeOpening, bodyBytes: 0 }).replace('"bodyBytes":0,', '')
  peer.writer.message({ type: FRAME.request, streamId: 3, statement, headerBlock: '', body: undefined })
  peer.writer.data(3, data)
  peer.writer.data(3, data)
}

await test('a whole session: hostile frames end it with a code, and nothing stays behind', async () => {
  let ended = 0
  const runs = await fuzz(fuzzSeconds(), async (random) => {
    const peer = await openRawPeer('initiator', { onRequest: echo, limits: { pingIntervalMs: 0 } })
    writeExchange(peer)
    const right = Buffer.concat(peer.writer.take())
    const bytes =
      random.below(4) === 0 ? Buffer.concat([right, validFrames(random)]) : mutateBytes(right, random)
    for (const chunk of cut(bytes, random)) if (peer.socket.writable) peer.socket.write(chunk)
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    if (!peer.session.open) ended += 1
    for (const event of peer.side.events) {
      if (event.kind === 'session_ended') assert.notEqual(event.code, 'internal_error', JSON.stringify(event))
      assert.notEqual(event.kind, 'handler_failed')
    }
    peer.session.destroy()
    await peer.session.closed
    peer.socket.destroy()
    assert.equal(heldBy(peer.session), 0)
  })
  assert.ok(runs > 20 && ended > 5, `${runs} runs, ${ended} ended`)
})
