import assert from 'node:assert/strict'
import test from 'node:test'
import { digest512 } from '../protocol/digest.ts'
import { encodeRequestOpening, encodeRequestStatement } from '../protocol/statement.ts'
import { FRAME } from './frame-layout.ts'
import { HandBody } from './session-fixture-held.ts'
import { ANSWER_TIME, heldBy, makeOpening } from './session-fixture.ts'
import { openRawPeer } from './session-raw-peer.ts'
import type { RawPeer } from './session-raw-peer.ts'

/** An opening on stream 1; `delivered` is 1 from then on. */
function open(peer: RawPeer, opening = makeOpening()): typeof opening {
  peer.writer.message({
    type: FRAME.request,
    streamId: 1,
    statement: encodeRequestOpening(opening),
    headerBlock: '',
    body: undefined,
  })
  return opening
}

const STREAMS: readonly [string, string, string, (peer: RawPeer) => void][] = [
  [
    'FINISH that says something else than the opening',
    'invalid_signature',
    'request_opening',
    (peer) => {
      const opening = open(peer)
      const final = encodeRequestStatement({ ...opening, messageId: 'other', bodyBytes: 0 })
      peer.writer.text(FRAME.finish, 1, final)
      peer.batch('requests', [final])
    },
  ],
  [
    'a digest of another body',
    'invalid_signature',
    'body_digest',
    (peer) => {
      const opening = open(peer)
      peer.writer.data(1, Buffer.from('abcd'))
      const final = encodeRequestStatement({ ...opening, body: digest512('efgh'), bodyBytes: 4 })
      peer.writer.text(FRAME.finish, 1, final)
      peer.batch('requests', [final])
    },
  ],
  [
    'DATA beyond the credit',
    'flow_control_violation',
    'credit',
    (peer) => {
      open(peer)
      for (let i = 0; i < 9; i += 1) peer.writer.data(1, Buffer.alloc(65_536))
    },
  ],
  [
    'DATA after FINISH',
    'invalid_frame',
    'data_without_opening',
    (peer) => {
      open(peer)
      peer.writer.text(FRAME.finish, 1, 'x')
      peer.writer.data(1, Buffer.from('late'))
    },
  ],
  [
    'a second FINISH',
    'invalid_frame',
    'finish_without_opening',
    (peer) => {
      open(peer)
      peer.writer.text(FRAME.finish, 1, 'x')
      peer.writer.text(FRAME.finish, 1, 'x')
    },
  ],
  [
    'a second REQUEST on a stream',
    'invalid_frame',
    'stream_id',
    (peer) => {
      open(peer)
      open(peer)
    },
  ],
  [
    'credit beyond all bounds',
    'flow_control_violation',
    'credit_total',
    (peer) => {
      open(peer)
      peer.writer.credit(1, 0xffff_ffff)
    },
  ],
]

for (const [name, code, step, act] of STREAMS) {
  await test(`a streamed request is cut off: ${name}`, async () => {
    let failed: unknown
    let bytes = 0
    const peer = await openRawPeer('initiator', {
      onRequest: (incoming) => {
        void incoming.answer({ status: 200, time: ANSWER_TIME }, '', new HandBody())
        void (async () => {
          try {
            if (!Buffer.isBuffer(incoming.body))
              for await (const piece of incoming.body) bytes += piece.length
          } catch (error) {
            failed = error
          }
        })()
      },
    })
    act(peer)
    peer.flush()
    assert.deepEqual(await peer.session.closed, { code, by: 'local', step })
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(failed instanceof Error, 'the reader never sees an end')
    assert.ok(bytes <= 262_144)
    assert.equal(peer.side.batches.length, 0)
    assert.equal(heldBy(peer.session), 0)
  })
}
