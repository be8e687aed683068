import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeRequestOpening } from '../protocol/statement.ts'
import { FRAME } from './frame-layout.ts'
import { heldBy, makeOpening, until } from './session-fixture.ts'
import { openRawPeer, rawRequest } from './session-raw-peer.ts'
import type { RawPeer } from './session-raw-peer.ts'
import type { SessionOptions } from './session-options.ts'

/** A payload by hand: `flags | length | statement | length | header block | body`. */
function message(flags: number, statement: string, headers: string, body = ''): Buffer {
  const bytes = Buffer.from(`.....${statement}....${headers}${body}`, 'latin1')
  bytes[0] = flags
  bytes.writeUInt32BE(statement.length, 1)
  bytes.writeUInt32BE(headers.length, 5 + statement.length)
  return bytes
}

function raw(peer: RawPeer, type: number, streamId: number, payload: Buffer): void {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(5 + payload.length, 0)
  header[4] = type
  header.writeUInt32BE(streamId, 5)
  peer.socket.write(Buffer.concat([header, payload]))
}

const opening = (): string => encodeRequestOpening(makeOpening())
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

type Case = readonly [
  name: string,
  code: string,
  step: string,
  act: (peer: RawPeer) => void,
  limits?: SessionOptions['limits'],
]

const CASES: readonly Case[] = [
  ['a stream id of the wrong side', 'invalid_frame', 'stream_id', (peer) => rawRequest(peer, 2)],
  ['stream id 0', 'invalid_frame', 'stream_id', (peer) => rawRequest(peer, 0)],
  [
    'a stream id that falls',
    'invalid_frame',
    'stream_id',
    (peer) => {
      rawRequest(peer, 3)
      rawRequest(peer, 1)
    },
  ],
  [
    'an answer nobody asked for',
    'invalid_frame',
    'unknown_stream',
    (peer) => raw(peer, FRAME.answer, 2, message(1, '{}', '')),
  ],
  [
    'an answer on the peer’s own stream',
    'invalid_frame',
    'unknown_stream',
    (peer) => {
      raw(peer, FRAME.request, 1, message(0, opening(), ''))
      raw(peer, FRAME.answer, 1, message(1, '{}', ''))
    },
  ],
  [
    'DATA on an unknown stream',
    'invalid_frame',
    'unknown_stream',
    (peer) => raw(peer, FRAME.data, 1, Buffer.from('x')),
  ],
  [
    'FINISH on an unknown stream',
    'invalid_frame',
    'unknown_stream',
    (peer) => raw(peer, FRAME.finish, 1, Buffer.from('x')),
  ],
  ['CREDIT on a stream never opened', 'invalid_frame', 'unknown_stream', (peer) => peer.writer.credit(1, 1)],
  [
    'RESET on a stream never opened',
    'invalid_frame',
    'unknown_stream',
    (peer) => peer.writer.text(FRAME.reset, 2, '{"code":"overloaded"}'),
  ],
  [
    'RESET on stream 0',
    'invalid_frame',
    'unknown_stream',
    (peer) => peer.writer.text(FRAME.reset, 0, '{"code":"overloaded"}'),
  ],
  ['RESET that is no JSON', 'invalid_frame', 'frame', (peer) => peer.writer.text(FRAME.reset, 1, 'x')],
  ['RESET without a code', 'invalid_frame', 'frame', (peer) => peer.writer.text(FRAME.reset, 1, '{}')],
  ['CREDIT of nothing', 'invalid_frame', 'frame', (peer) => peer.writer.credit(1, 0)],
  ['CREDIT of three bytes', 'invalid_frame', 'frame', (peer) => raw(peer, FRAME.credit, 1, Buffer.alloc(3))],
  ['a second HELLO', 'invalid_frame', 'second_hello', (peer) => peer.writer.text(FRAME.hello, 0, '{}')],
  [
    'PING on a stream',
    'invalid_frame',
    'stream_of_session_frame',
    (peer) => raw(peer, FRAME.ping, 1, Buffer.alloc(8)),
  ],
  [
    'PING of seven bytes',
    'invalid_frame',
    'ping_length',
    (peer) => raw(peer, FRAME.ping, 0, Buffer.alloc(7)),
  ],
  [
    'PONG of seven bytes',
    'invalid_frame',
    'ping_length',
    (peer) => raw(peer, FRAME.pong, 0, Buffer.alloc(7)),
  ],
  [
    'BATCH on a stream',
    'invalid_frame',
    'stream_of_session_frame',
    (peer) => raw(peer, FRAME.batch, 1, Buffer.alloc(8)),
  ],
  [
    'BATCH whose header length is beyond its end',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.batch, 0, u32(100)),
  ],
  ['BATCH without a length', 'invalid_frame', 'frame', (peer) => raw(peer, FRAME.batch, 0, Buffer.alloc(3))],
  ['a batch of nothing', 'invalid_signature', 'header_form', (peer) => peer.batch('requests', [])],
  [
    'a message too short for its lengths',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.request, 1, Buffer.alloc(8)),
  ],
  ['unknown flags', 'invalid_frame', 'frame', (peer) => raw(peer, FRAME.request, 1, message(5, '{}', ''))],
  [
    'an opening that was sent before',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.request, 1, message(2, '{}', '')),
  ],
  [
    'a statement that is not UTF-8',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.request, 1, message(1, '{"a":"\xff"}', '')),
  ],
  [
    'a statement length beyond the frame',
    'invalid_frame',
    'frame',
    (peer) => {
      const payload = message(1, '{}', '')
      payload.writeUInt32BE(1_000, 1)
      raw(peer, FRAME.request, 1, payload)
    },
  ],
  [
    'a header length beyond the frame',
    'invalid_frame',
    'frame',
    (peer) => {
      const payload = message(1, '{}', '')
      payload.writeUInt32BE(1, 7)
      raw(peer, FRAME.request, 1, payload)
    },
  ],
  [
    'an opening with body bytes',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.request, 1, message(0, opening(), '', 'x')),
  ],
  [
    'an inline body beyond 16 KiB',
    'invalid_frame',
    'frame',
    (peer) => raw(peer, FRAME.request, 1, message(1, '{}', '', 'x'.repeat(16_385))),
  ],
  [
    'an opening that is no statement',
    'invalid_signature',
    'request_form',
    (peer) => raw(peer, FRAME.request, 1, message(0, '{}', '')),
  ],
  [
    'an opening whose head is of other headers',
    'invalid_signature',
    'request_head',
    (peer) => raw(peer, FRAME.request, 1, message(0, opening(), 'A:b\r\n')),
  ],
  [
    'a request after GOAWAY',
    'invalid_frame',
    'request_after_goaway',
    (peer) => {
      peer.writer.text(FRAME.goaway, 0, '{"code":"session_closed"}')
      rawRequest(peer, 1)
    },
  ],
  [
    'more streams than announced',
    'flow_control_violation',
    'streams',
    (peer) => {
      for (let id = 1; id <= 9; id += 2) rawRequest(peer, id)
    },
    { maxStreams: 4 },
  ],
  [
    'statements without end and without BATCH',
    'flow_control_violation',
    'held_bytes',
    (peer) => {
      for (let id = 1; id < 300; id += 2) rawRequest(peer, id, Buffer.alloc(16_384))
    },
    { maxHeldBytes: 1_000_000 },
  ],
  [
    'tiny statements without end and without BATCH',
    'flow_control_violation',
    'held_bytes',
    (peer) => {
      for (let id = 1; id < 100; id += 2) raw(peer, FRAME.request, id, message(1, '', ''))
    },
    { maxHeldBytes: 10_000 },
  ],
]

for (const [name, code, step, act, limits] of CASES) {
  await test(`the session ends: ${name}`, async () => {
    let answered = 0
    const peer = await openRawPeer('initiator', {
      onRequest: () => {
        answered += 1
      },
      limits: { pingIntervalMs: 0, ...limits },
    })
    act(peer)
    peer.flush()
    assert.deepEqual(await peer.session.closed, { code, by: 'local', step })
    assert.equal(peer.side.batches.length, 0)
    assert.ok(answered <= 1)
    assert.equal(heldBy(peer.session), 0)
  })
}

await test('PING is answered with its own bytes', async () => {
  const peer = await openRawPeer('acceptor')
  peer.writer.heartbeat(FRAME.ping, Buffer.from('01234567'))
  peer.flush()
  await until(() => peer.received.length > 0, 'the PONG')
  const pong = peer.received.at(-1)
  assert.deepEqual([pong?.type, pong?.streamId, String(pong?.payload)], [FRAME.pong, 0, '01234567'])
})

await test('CREDIT and RESET may come late, for a stream that is over', async () => {
  const peer = await openRawPeer('initiator', { onRequest: (incoming) => incoming.reset('service_failed') })
  peer.batch('requests', [rawRequest(peer, 1)])
  peer.flush()
  await until(() => peer.received.some((frame) => frame.type === FRAME.reset), 'the RESET')
  assert.equal(heldBy(peer.session), 0)
  peer.writer.credit(1, 1)
  peer.writer.text(FRAME.reset, 1, '{"code":"stream_cancelled"}')
  peer.writer.heartbeat(FRAME.ping, Buffer.alloc(8))
  peer.flush()
  await until(() => peer.received.some((frame) => frame.type === FRAME.pong), 'the PONG')
  assert.ok(peer.session.open)
})

await test('a code that a peer has no business to send becomes internal_error', async () => {
  const peer = await openRawPeer('acceptor')
  for (const code of ['ledger_corrupt', 'no_such_code', '__proto__']) {
    const pending = peer.session.request(makeOpening(), '', null)
    const requests = (): typeof peer.received => peer.received.filter((frame) => frame.type === FRAME.request)
    const before = requests().length
    await until(() => requests().length > before, 'the request')
    const { streamId } = requests().at(-1) ?? { streamId: 0 }
    peer.writer.text(FRAME.reset, streamId, JSON.stringify({ code, detail: 'd'.repeat(600) }))
    peer.flush()
    await assert.rejects(pending, { code: 'internal_error', details: { detail: 'd'.repeat(512) } })
  }
})

await test('a peer that reads nothing while it is answered is cut off', async () => {
  const peer = await openRawPeer('initiator', { limits: { maxUnsentBytes: 500_000, pingIntervalMs: 0 } })
  peer.socket.pause()
  for (let i = 0; i < 50_000; i += 1) peer.writer.heartbeat(FRAME.ping, Buffer.alloc(8))
  peer.flush()
  assert.equal((await peer.session.closed).step, 'peer_does_not_read')
})
