import assert from 'node:assert/strict'
import test from 'node:test'
import { digest256, digest512 } from '../protocol/digest.ts'
import { newExchangeId } from '../protocol/exchange-id.ts'
import { answerHead, headDigest } from '../protocol/head.ts'
import { encodeAnswerOpening, encodeAnswerStatement, encodeRequestOpening } from '../protocol/statement.ts'
import type { AnswerStatement, RequestOpening } from '../protocol/statement.ts'
import { FRAME } from './frame-layout.ts'
import { ANSWER_TIME, codeOf, heldBy, makeOpening, readBody, until } from './session-fixture.ts'
import { openRawPeer, rawAnswer } from './session-raw-peer.ts'
import type { RawPeer } from './session-raw-peer.ts'

/** A hostile provider: it answers a real request wrongly. */
async function asked(body: Buffer | null = null): Promise<{
  peer: RawPeer
  opening: RequestOpening
  text: string
  pending: ReturnType<RawPeer['session']['request']>
}> {
  const peer = await openRawPeer('acceptor')
  const opening = makeOpening()
  const pending = peer.session.request(opening, '', body)
  pending.catch(() => undefined)
  await until(() => peer.side.batches.length === 1 || body !== null, 'the request leaves')
  await until(() => peer.received.some((frame) => frame.type === FRAME.request), 'the request arrives')
  return { peer, opening, text: peer.side.batches[0]?.batch.statements[0] ?? '', pending }
}

type Change = (text: string, exchange: string) => Partial<AnswerStatement>

const WRONG: readonly [string, string, Change][] = [
  ['for another exchange', 'answer_exchange', () => ({ exchange: newExchangeId() })],
  ['to another request', 'answer_request', () => ({ request: digest256('another request') })],
  ['with a head of another status', 'answer_head', () => ({ head: headDigest(answerHead(500, '')) })],
  ['with a body that did not come', 'body_length', () => ({ bodyBytes: 3, body: digest512('abc') })],
  ['with a status that is none', 'answer_form', () => ({ status: 99 })],
  ['with a code that has not the form of one', 'answer_form', () => ({ error: 'No Such Code' })],
]

for (const [name, step, change] of WRONG) {
  await test(`a sealed answer is refused: ${name}`, async () => {
    const { peer, opening, text, pending } = await asked()
    peer.batch('answers', [rawAnswer(peer, 1, text, opening.exchange, change(text, opening.exchange))])
    peer.flush()
    assert.equal(await codeOf(pending), 'invalid_signature')
    assert.deepEqual(await peer.session.closed, { code: 'invalid_signature', by: 'local', step })
    assert.equal(peer.side.batches.length, 1, 'only our own request is recorded')
    assert.equal(heldBy(peer.session), 0)
  })
}

await test('the hand-made answer is right when nothing is changed', async () => {
  const { peer, opening, text, pending } = await asked()
  peer.batch('answers', [rawAnswer(peer, 1, text, opening.exchange)])
  peer.flush()
  await (
    await pending
  ).recorded
  assert.equal(heldBy(peer.session), 0)
})

await test('one bad answer in a batch keeps the good ones back', async () => {
  const { peer, opening, text, pending } = await asked()
  const second = makeOpening()
  const other = peer.session.request(second, '', null)
  await until(() => peer.side.batches.length === 2, 'the second request leaves')
  const good = rawAnswer(peer, 1, text, opening.exchange)
  const bad = rawAnswer(peer, 3, text, second.exchange)
  peer.batch('answers', [good, bad])
  peer.flush()
  assert.equal(await codeOf(other), 'invalid_signature')
  assert.equal(await codeOf(pending), 'invalid_signature')
})

await test('an answer without its seal is never delivered', async () => {
  const { peer, opening, text, pending } = await asked()
  rawAnswer(peer, 1, text, opening.exchange)
  peer.flush()
  await until(() => peer.session.statistics().heldStatements === 1, 'it is held')
  let delivered = false
  void pending.then(() => (delivered = true)).catch(() => undefined)
  peer.socket.destroy()
  await peer.session.closed
  assert.equal(delivered, false)
  assert.equal(await codeOf(pending), 'session_closed')
})

await test('a second answer on a stream ends the session', async () => {
  const { peer, opening, text } = await asked()
  rawAnswer(peer, 1, text, opening.exchange)
  rawAnswer(peer, 1, text, opening.exchange)
  peer.flush()
  assert.equal((await peer.session.closed).step, 'second_answer')
})

await test('an answer may name the opening of a streamed request, but not of a whole one', async () => {
  const { peer, opening, pending } = await asked()
  peer.batch('answers', [rawAnswer(peer, 1, encodeRequestOpening(opening), opening.exchange)])
  peer.flush()
  assert.equal(await codeOf(pending), 'invalid_signature')
  assert.equal((await peer.session.closed).step, 'answer_request')
})

/** An opened answer of the raw peer: what its opening says. */
function openAnswer(peer: RawPeer, text: string, exchange: string): AnswerStatement {
  const opening = {
    exchange,
    head: headDigest(answerHead(200, '')),
    request: digest256(text),
    status: 200,
    time: ANSWER_TIME,
  }
  const statement = encodeAnswerOpening(opening)
  peer.writer.message({ type: FRAME.answer, streamId: 1, statement, headerBlock: '', body: undefined })
  return { ...opening, bodyBytes: 0 }
}

const STREAMED: readonly [string, string, (right: AnswerStatement) => AnswerStatement][] = [
  ['another body', 'body_digest', (right) => ({ ...right, body: digest512('abcdX') })],
  ['a shorter body', 'body_length', (right) => ({ ...right, body: digest512('abcd'), bodyBytes: 4 })],
  ['another status', 'answer_opening', (right) => ({ ...right, status: 500 })],
]

for (const [name, step, change] of STREAMED) {
  await test(`a streamed answer is never seen whole when its seal says ${name}`, async () => {
    const { peer, opening, text, pending } = await asked()
    const right = { ...openAnswer(peer, text, opening.exchange), body: digest512('abcde'), bodyBytes: 5 }
    peer.writer.data(1, Buffer.from('ab'))
    peer.writer.data(1, Buffer.from('cde'))
    const final = encodeAnswerStatement(change(right))
    peer.writer.text(FRAME.finish, 1, final)
    peer.flush()
    const answer = await pending
    const reading = codeOf(readBody(answer.body))
    peer.batch('answers', [final])
    peer.flush()
    assert.equal(await reading, 'invalid_signature')
    assert.equal(await codeOf(answer.complete), 'invalid_signature')
    assert.equal(await codeOf(answer.recorded), 'invalid_signature')
    assert.equal((await peer.session.closed).step, step)
  })
}
