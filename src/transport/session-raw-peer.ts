import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { batchRoot, batchSigningBytes, encodeBatchHeader, encodeSeals } from '../protocol/batch.ts'
import type { BatchHeader, Seal } from '../protocol/batch.ts'
import { digest256, digest512 } from '../protocol/digest.ts'
import { answerHead, headDigest } from '../protocol/head.ts'
import { encodeAnswerStatement, encodeRequestStatement } from '../protocol/statement.ts'
import type { AnswerStatement, RequestOpening } from '../protocol/statement.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { FRAME } from './frame-layout.ts'
import { FrameWriter } from './frame-writer.ts'
import { ANSWER_TIME, CONSUMER, makeKeys, makeOpening, makeSide, PROVIDER, until } from './session-fixture.ts'
import type { Side, TestKeys } from './session-fixture.ts'
import { decodeHello, encodeHello, sessionId } from './session-hello.ts'
import type { Hello } from './session-hello.ts'
import type { SessionOptions } from './session-options.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

/** For tests: a peer that writes frames by hand, right or wrong, opposite a real session. */
export interface RawPeer {
  /** The real session, and what it recorded and told. */
  readonly session: Session
  readonly side: Side
  readonly keys: TestKeys
  readonly writer: FrameWriter
  /** Frames the session sent, as `{type, streamId, payload}`. */
  readonly received: { type: number; streamId: number; payload: Buffer }[]
  readonly socket: Duplex
  /** Sends what the writer holds. */
  flush(): void
  /** A BATCH over these statements, sealed as the peer, with any member changed. */
  batch(kind: BatchHeader['kind'], statements: readonly string[], change?: BatchChange): void
}

/** How a BATCH differs from the right one. */
export interface BatchChange {
  readonly header?: Partial<BatchHeader>
  readonly headerText?: (text: string) => string
  readonly seals?: (seal: Seal, header: string) => readonly Seal[]
  readonly sealsText?: string
}

/** Opens a real session; the raw peer is the other role. */
export async function openRawPeer(
  role: 'initiator' | 'acceptor',
  changes: Partial<SessionOptions> = {},
): Promise<RawPeer> {
  const [near, far] = duplexPair()
  const keys = makeKeys()
  const side = makeSide(role === 'initiator' ? 'acceptor' : 'initiator', near, keys, changes)
  const opening = openSession(side.options)
  const writer = new FrameWriter()
  const received: RawPeer['received'] = []
  const decoder = new FrameDecoder({
    frame: (type, streamId, bytes, start, end) => {
      received.push({ type, streamId, payload: Buffer.from(bytes.subarray(start, end)) })
    },
    data: (streamId, payload) => received.push({ type: FRAME.data, streamId, payload }),
  })
  far.on('data', (chunk: Buffer) => decoder.push(chunk))
  const flush = (): void => {
    for (const part of writer.take()) if (far.writable) far.write(part)
  }
  const hello: Hello = {
    version: 1,
    network: 'AE-DU',
    gateway: role === 'initiator' ? CONSUMER : PROVIDER,
    nonce: Buffer.alloc(32, 9).toString('base64url'),
    sealKeys: [],
    initialCredit: 262_144,
    maxStreams: 2_048,
  }
  writer.text(FRAME.hello, 0, encodeHello(hello))
  flush()
  const session = await opening
  await until(() => received.length > 0, 'the HELLO of the session')
  const theirs = decodeHello(String(received.shift()?.payload))
  const id = role === 'initiator' ? sessionId(hello, theirs, undefined) : sessionId(theirs, hello, undefined)
  const sequences = { requests: 0, answers: 0 }
  const batch: RawPeer['batch'] = (kind, statements, change = {}) => {
    const right: BatchHeader = {
      from: hello.gateway,
      kind,
      network: 'AE-DU',
      root: batchRoot(statements),
      sequence: sequences[kind],
      session: id,
      size: statements.length,
      to: theirs.gateway,
    }
    sequences[kind] += 1
    const text = encodeBatchHeader({ ...right, ...change.header })
    const header = change.headerText?.(text) ?? text
    const key = role === 'initiator' ? keys.consumer : keys.provider
    const seal = key.sign(batchSigningBytes(header))
    if (!('value' in seal)) throw new TypeError('the test key signs at once')
    writer.batch(header, change.sealsText ?? encodeSeals(change.seals?.(seal, header) ?? [seal]))
  }
  return { session, side, keys, writer, received, socket: far, flush, batch }
}

/** A COMPLETE request as text and frame. */
export function rawRequest(
  peer: RawPeer,
  streamId: number,
  body: Uint8Array = Buffer.from('question'),
  opening: RequestOpening = makeOpening(),
): string {
  const claim = body.length === 0 ? { bodyBytes: 0 } : { body: digest512(body), bodyBytes: body.length }
  const statement = encodeRequestStatement({ ...opening, ...claim })
  peer.writer.message({ type: FRAME.request, streamId, statement, headerBlock: '', body })
  return statement
}

/** A COMPLETE answer to a request of the session, as text and frame. */
export function rawAnswer(
  peer: RawPeer,
  streamId: number,
  requestText: string,
  exchange: string,
  change: Partial<AnswerStatement> = {},
): string {
  const statement = encodeAnswerStatement({
    exchange,
    head: headDigest(answerHead(change.status ?? 200, '')),
    request: digest256(requestText),
    status: 200,
    time: ANSWER_TIME,
    bodyBytes: 0,
    ...change,
  })
  peer.writer.message({ type: FRAME.answer, streamId, statement, headerBlock: '', body: new Uint8Array(0) })
  return statement
}
