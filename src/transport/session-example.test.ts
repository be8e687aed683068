import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { ACKNOWLEDGEMENT } from '../protocol/acknowledgement.ts'
import { FRAME } from './frame-layout.ts'
import { FrameWriter } from './frame-writer.ts'
import { encodeHello, sessionId } from './session-hello.ts'
import type { Hello } from './session-hello.ts'

const SPEC = readFileSync(new URL('../../docs/spec/session.md', import.meta.url), 'utf8')

/** The lines of a box of the specification. */
function example(name: string): string[] {
  const box = new RegExp(`<!-- example ${name} -->\n\n\`\`\`text\n([^\`]*)\n\`\`\``).exec(SPEC)
  assert.ok(box?.[1] !== undefined, `the specification has a box ${name}`)
  return box[1].split('\n')
}

const hello = (gateway: string, nonce: number): Hello => ({
  version: 1,
  network: 'AE-DU',
  gateway,
  nonce: Buffer.alloc(32, nonce).toString('base64url'),
  sealKeys: [],
  initialCredit: 262_144,
  maxStreams: 2_048,
})

await test('the HELLO and the session id of the specification', () => {
  const initiator = hello('AE-DU/GOV/RTA/gw-1', 1)
  const acceptor = hello('AE-DU/SEMI/DEWA/gw-1', 2)
  assert.deepEqual(example('hello'), [encodeHello({ ...initiator, features: [ACKNOWLEDGEMENT] })])
  const ids = [Buffer.alloc(32, 3), undefined].map((exporter) => sessionId(initiator, acceptor, exporter))
  assert.deepEqual(example('session-id'), ids)
})

await test('the frames of the specification', () => {
  const writer = new FrameWriter()
  const empty = { streamId: 1, statement: '{}' }
  const writes = [
    () => writer.message({ ...empty, type: FRAME.request, headerBlock: 'A:b\r\n', body: Buffer.from('hi') }),
    () => writer.message({ ...empty, type: FRAME.answer, headerBlock: '', body: undefined }),
    () => writer.data(1, Buffer.from('hi')),
    () => writer.text(FRAME.finish, 1, '{}'),
    () => writer.batch('{}', '[]'),
    () => writer.credit(1, 65_536),
    () => writer.text(FRAME.reset, 1, '{"code":"stream_cancelled"}'),
    () => writer.heartbeat(FRAME.ping, Buffer.from('0000000000000001', 'hex')),
    () => writer.text(FRAME.goaway, 0, '{"code":"session_closed"}'),
  ]
  const frames = writes.map((write) => {
    write()
    return Buffer.concat(writer.take()).toString('hex')
  })
  assert.deepEqual(example('frames'), frames)
})
