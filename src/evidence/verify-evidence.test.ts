import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEvidenceFile } from './evidence-file.ts'
import type { EvidenceFile } from './evidence-file.ts'
import { ANSWER_BODY, exchangeOnPaper, fileOnPaper, NO_BODY, REQUEST_BODY } from './testing/paper-exchange.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'
import type { VerifyOptions } from './verify-evidence.ts'
import type { EvidenceFacts, VerifyStep } from './verify-result.ts'

const paper = await twoMembers()
const { network, rta, dewa, core, moro } = paper
const nowMs = network.nowMs + 60_000
const request = { agreement: AGREEMENT }
const exchange = exchangeOnPaper(rta, dewa, { nowMs, request })
const file = await fileOnPaper({ network, holder: rta, exchange, witnesses: [core, moro] })

function verify(evidence: EvidenceFile, options?: VerifyOptions): ReturnType<typeof verifyEvidence> {
  return verifyEvidence(formatEvidenceFile(evidence), network.anchor, options)
}

function factsOf(evidence: EvidenceFile, options?: VerifyOptions): EvidenceFacts {
  const result = verify(evidence, options)
  assert.ok(result.ok, JSON.stringify(result))
  return result.facts
}

function assertRefused(result: ReturnType<typeof verifyEvidence>, step: VerifyStep, code: string): void {
  assert.deepEqual(result.ok ? 'verified' : { step: result.step, code: result.code }, { step, code })
}

test('who, what and when of an exchange, from the consumer’s file', () => {
  const facts = factsOf(file, { requestBody: REQUEST_BODY, responseBody: ANSWER_BODY })
  assert.equal(facts.exchange, exchange.request.exchange)
  assert.equal(facts.holder, rta.id)
  assert.deepEqual(facts.consumer, {
    member: rta.member,
    name: { ar: `عضو ${rta.member}`, en: rta.member },
    standing: 'active',
    gateway: rta.id,
    seal: { keyId: rta.seal.keyId, key: 'active' },
  })
  assert.equal(facts.provider.member, dewa.member)
  assert.equal(facts.provider.seal?.keyId, dewa.seal.keyId)
  assert.equal(facts.request.service, exchange.request.service)
  assert.equal(facts.request.time, exchange.request.time)
  assert.equal(facts.request.body, 'matches')
  assert.equal(facts.answer?.status, 200)
  assert.equal(facts.answer?.receivedOf, 'request')
  assert.equal(facts.answer?.body, 'matches')
  assert.deepEqual(facts.agreement, { hash: AGREEMENT, standing: 'effective' })
  assert.equal(facts.ledger.origin, `wusla/${rta.id}`)
  assert.deepEqual(
    facts.ledger.witnesses.map(({ branch, isIndependent }) => [branch, isIndependent]),
    [
      [core.id, true],
      [moro.id, false],
    ],
  )
  assert.deepEqual(facts.directory.complete, false)
})

test('the provider’s file proves the same', async () => {
  const theirs = factsOf(await fileOnPaper({ network, holder: dewa, exchange, witnesses: [core] }))
  const ours = factsOf(file)
  assert.equal(theirs.holder, dewa.id)
  assert.deepEqual(theirs.request, ours.request)
  assert.deepEqual(theirs.answer, ours.answer)
  assert.deepEqual([theirs.consumer, theirs.provider], [ours.consumer, ours.provider])
})

test('a request without an answer proves what was sent, and says that nothing came', async () => {
  const unanswered = await fileOnPaper({ network, holder: rta, exchange, unanswered: true })
  const facts = factsOf(unanswered)
  assert.equal(facts.answer, null)
  assert.equal(facts.provider.seal, undefined)
  assertRefused(verify(unanswered, { responseBody: ANSWER_BODY }), 'body-response', 'no_answer')
})

test('an exchange without bodies and the only one of its batch', async () => {
  const bare = exchangeOnPaper(rta, dewa, {
    nowMs,
    size: 1,
    place: 0,
    request: { ...NO_BODY, method: 'GET', query: 'a=1' },
    answer: { ...NO_BODY, status: 204 },
  })
  const facts = factsOf(await fileOnPaper({ network, holder: rta, exchange: bare }), {
    requestBody: new Uint8Array(),
  })
  assert.equal(facts.request.query, 'a=1')
  assert.equal(facts.request.body, 'matches')
  assert.equal(facts.request.bodyDigest, undefined)
})

test('a large body may be presented as its digest', () => {
  const { body = '', bodyBytes } = exchange.request
  assert.equal(factsOf(file, { requestBody: { digest512: body, bytes: bodyBytes } }).request.body, 'matches')
  const other = { digest512: exchange.answer.body ?? '', bytes: bodyBytes }
  assertRefused(verify(file, { requestBody: other }), 'body-request', 'body_differs')
})

test('the file may be laid out as one likes, but is read strictly', () => {
  const loose = JSON.stringify(JSON.parse(formatEvidenceFile(file)), null, 2)
  assert.ok(verifyEvidence(`${loose}\n`, network.anchor).ok)
  assert.ok(verifyEvidence(Buffer.from(loose), network.anchor).ok)
})

test('with all entries of the directory nothing can have been left out', () => {
  const facts = factsOf(file, { directoryEntries: network.entries })
  assert.deepEqual(facts.directory.complete, true)
  assert.equal(facts.directory.laterEntries, 0)
})
