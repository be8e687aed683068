import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { encodeAnswerStatement, encodeRequestStatement } from '../protocol/statement.ts'
import { formatEvidenceFile } from './evidence-file.ts'
import type { EvidenceFile, EvidenceHalf } from './evidence-file.ts'
import {
  answerTo,
  exchangeOnPaper,
  fileOnPaper,
  neighbours,
  newRequest,
  PaperLedger,
  REQUEST_BODY,
  sealBatch,
} from './testing/paper-exchange.ts'
import type { PaperExchange } from './testing/paper-exchange.ts'
import { PaperNetwork } from './testing/paper-network.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'
import type { VerifyOptions } from './verify-evidence.ts'
import type { VerifyStep } from './verify-result.ts'

const { network, rta, dewa, dha, core, moro } = await twoMembers()
const nowMs = network.nowMs + 60_000
const exchange = exchangeOnPaper(rta, dewa, { nowMs, request: { agreement: AGREEMENT } })
const good = await fileOnPaper({ network, holder: rta, exchange, witnesses: [core, moro] })
const goodText = formatEvidenceFile(good)

function assertRefused(
  file: EvidenceFile | string,
  step: VerifyStep,
  code: string,
  options?: VerifyOptions,
): void {
  const text = typeof file === 'string' ? file : formatEvidenceFile(file)
  const result = verifyEvidence(text, network.anchor, options)
  assert.deepEqual(result.ok ? 'verified' : { step: result.step, code: result.code }, { step, code })
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends string | number ? T[K] : Mutable<T[K]> }

type Answered = EvidenceFile & { readonly answer: EvidenceHalf }

/** A deep copy to damage. */
function copy(): Mutable<Answered> {
  return JSON.parse(goodText) as Mutable<Answered>
}

async function fileOf(changed: Partial<PaperExchange>, holder = rta): Promise<EvidenceFile> {
  return await fileOnPaper({ network, holder, exchange: { ...exchange, ...changed }, witnesses: [core] })
}

test('the file these tests damage is good', () => {
  assert.ok(verifyEvidence(goodText, network.anchor).ok)
})

test('a truncated file', () => {
  for (const length of [0, 1, 100, goodText.length >> 1, goodText.length - 1]) {
    assertRefused(goodText.slice(0, length), 'parse', 'invalid_json')
  }
})

test('an object with the same name twice', () => {
  assertRefused(goodText.replace('"network":', '"network":"AE-DU","network":'), 'parse', 'invalid_json')
  const hidden = goodText.replace('"alg":"ES256"', '"alg":"ES256","\\u0061lg":"ES256"')
  assertRefused(hidden, 'parse', 'invalid_json')
})

test('a file that is too large, and one that is nested too deep', () => {
  assertRefused(' '.repeat(9_000_000) + goodText, 'parse', 'too_large')
  assertRefused('['.repeat(100_000) + ']'.repeat(100_000), 'parse', 'invalid_json')
})

test('another format, and a file of another network', async () => {
  assertRefused({ ...good, format: 'wusla/evidence/v2' as never }, 'format', 'invalid_field')
  const other = await PaperNetwork.create('AE-AZ')
  const result = verifyEvidence(goodText, other.anchor)
  assert.ok(!result.ok)
  assert.deepEqual([result.step, result.code], ['anchor', 'other_network'])
  const foreign = await PaperNetwork.create('AE-DU')
  const forged = verifyEvidence(goodText, foreign.anchor)
  assert.ok(!forged.ok)
  assert.deepEqual([forged.step, forged.code], ['directory-checkpoint', 'invalid_signature'])
  assert.equal(verifyEvidence(goodText, { ...network.anchor, logKey: 'x' }).ok, false)
})

test('a statement from another network', async () => {
  const request = newRequest({ nowMs, service: 'AE-AZ/SEMI/DEWA/BILLING/bills' })
  const requestBatch = sealBatch(rta, dewa, [encodeRequestStatement(request)])
  const file = await fileOf({ request, requestBatch, requestPlace: 0 })
  assertRefused(file, 'request-statement', 'other_network')
  const elsewhere = { ...rta, id: 'AE-AZ/GOV/RTA/gw-1' }
  const batch = sealBatch(
    elsewhere,
    { ...dewa, id: 'AE-AZ/SEMI/DEWA/gw-1' },
    exchange.requestBatch.statements,
    {
      network: 'AE-AZ',
    },
  )
  assertRefused(await fileOf({ requestBatch: batch }), 'request-batch-proof', 'other_network')
})

test('the seal of another member', async () => {
  const { statements } = exchange.requestBatch
  const requestBatch = sealBatch({ ...dha, id: rta.id }, dewa, statements)
  assertRefused(await fileOf({ requestBatch }), 'request-key', 'other_owner')
  const claimed = sealBatch({ ...dha, id: rta.id }, dewa, statements)
  const seals = claimed.seals.map((seal) => ({ ...seal, key: rta.seal.keyId }))
  assertRefused(await fileOf({ requestBatch: { ...claimed, seals } }), 'request-seal', 'invalid_signature')
  const gateway = sealBatch(dha, dewa, statements)
  assertRefused(await fileOf({ requestBatch: gateway }), 'members', 'other_gateway')
  const answerBatch = sealBatch({ ...rta, id: dewa.id }, rta, exchange.answerBatch.statements, {
    kind: 'answers',
  })
  assertRefused(await fileOf({ answerBatch }), 'answer-key', 'other_owner')
})

test('a key that nobody bound, a TLS key, an algorithm nobody knows', async () => {
  const { statements } = exchange.requestBatch
  const stranger = { ...rta, seal: (await twoMembers()).rta.seal }
  assertRefused(
    await fileOf({ requestBatch: sealBatch(stranger, dewa, statements) }),
    'request-key',
    'unknown_key',
  )
  const tls = sealBatch({ ...rta, seal: rta.tls }, dewa, statements)
  assertRefused(await fileOf({ requestBatch: tls }), 'request-key', 'unknown_key')
  const batch = sealBatch(rta, dewa, statements)
  const seals = batch.seals.map((seal) => ({ ...seal, alg: 'ML-DSA-65' }))
  assertRefused(await fileOf({ requestBatch: { ...batch, seals } }), 'request-key', 'no_known_algorithm')
})

test('a second seal of an unknown algorithm is carried along, one of a known algorithm must verify', async () => {
  const batch = exchange.requestBatch
  const [seal] = batch.seals
  assert.ok(seal)
  const later = { ...seal, alg: 'ML-DSA-65', value: 'AAAA' }
  const both = await fileOf({ requestBatch: { ...batch, seals: [seal, later] } })
  assert.ok(verifyEvidence(formatEvidenceFile(both), network.anchor).ok)
  const wrong = { ...seal, value: `${seal.value.slice(0, -3)}AAA` }
  const bad = await fileOf({ requestBatch: { ...batch, seals: [seal, wrong] } })
  assertRefused(bad, 'request-seal', 'invalid_signature')
})

test('a body that does not match', () => {
  assertRefused(good, 'body-request', 'body_differs', { requestBody: Buffer.from('{"bill":"2026-12"}') })
  assertRefused(good, 'body-request', 'body_differs', { requestBody: new Uint8Array() })
  assertRefused(good, 'body-response', 'body_differs', { responseBody: REQUEST_BODY })
})

test('a checkpoint from another log', async () => {
  const file = copy()
  const theirs = await fileOnPaper({ network, holder: dewa, exchange, witnesses: [core] })
  assertRefused({ ...file, ledger: theirs.ledger }, 'ledger-checkpoint', 'other_log')
  const { checkpoint } = theirs.ledger
  assertRefused({ ...file, ledger: { ...file.ledger, checkpoint } }, 'ledger-checkpoint', 'other_log')
  const { key } = theirs.ledger
  assertRefused({ ...file, ledger: { ...file.ledger, key } }, 'ledger-checkpoint', 'unknown_key')
  file.directory.checkpoint = file.ledger.checkpoint
  assertRefused(file, 'directory-checkpoint', 'other_log')
  const impostor = new PaperLedger({ ...rta, ledger: { ...dewa.ledger, name: rta.ledger.name } })
  impostor.add(exchange.requestBatch)
  const forged = { ...good.ledger, checkpoint: impostor.checkpoint([], nowMs) }
  assertRefused({ ...good, ledger: forged }, 'ledger-checkpoint', 'invalid_signature')
})

test('a checkpoint of the right ledger that does not hold the exchange', async () => {
  const empty = new PaperLedger(rta, 12)
  const ledger = { ...good.ledger, checkpoint: empty.checkpoint([core], nowMs) }
  assertRefused({ ...good, ledger }, 'request-ledger-inclusion', 'not_included')
})

test('swapped answers', async () => {
  const other = exchangeOnPaper(rta, dewa, { nowMs: nowMs + 5, request: { agreement: AGREEMENT } })
  const theirs = await fileOnPaper({ network, holder: rta, exchange: other, witnesses: [core] })
  assertRefused({ ...good, answer: theirs.answer }, 'answer-statement', 'other_exchange')
  const lie = answerTo(exchange.request, { request: digest256('another request') })
  const answerBatch = sealBatch(dewa, rta, [encodeAnswerStatement(lie)], { kind: 'answers' })
  assertRefused(
    await fileOf({ answer: lie, answerBatch, answerPlace: 0 }),
    'answer-binds-request',
    'other_request',
  )
})

test('an answer over another session, or between other gateways', async () => {
  const { statements } = exchange.answerBatch
  const session = digest256('another session')
  const elsewhere = sealBatch(dewa, rta, statements, { kind: 'answers', session })
  assertRefused(await fileOf({ answerBatch: elsewhere }), 'answer-batch-proof', 'other_session')
  const sideways = sealBatch(dewa, dha, statements, { kind: 'answers' })
  assertRefused(await fileOf({ answerBatch: sideways }), 'answer-batch-proof', 'other_session')
  const wrong = sealBatch(dewa, rta, statements, { kind: 'requests' })
  assertRefused(await fileOf({ answerBatch: wrong }), 'answer-batch-proof', 'wrong_kind')
})

test('a request and an answer that change places', () => {
  const { request, answer } = copy()
  assertRefused({ ...good, request: answer, answer: request }, 'request-statement', 'invalid_statement')
})

test('a proof for another index', () => {
  const file = copy()
  file.request.index = 3
  assertRefused(file, 'request-batch-proof', 'not_included')
  const other = copy()
  other.request.ledger = other.answer.ledger
  assertRefused(other, 'request-ledger-inclusion', 'not_included')
  const swapped = copy()
  const [, first, second] = swapped.directory.entries
  assert.ok(first && second)
  ;[first.proof, second.proof] = [second.proof, first.proof]
  assertRefused(swapped, 'directory-inclusion', 'not_included')
})

test('a holder that had no part', async () => {
  assertRefused(await fileOf({}, dha), 'members', 'other_holder')
})

test('a statement that is none, and one about another exchange', async () => {
  const text = neighbours(1, nowMs + 9)[0] ?? ''
  assertRefused(
    { ...good, request: { ...good.request, statement: text } },
    'request-statement',
    'other_exchange',
  )
  const spaced = good.request.statement.replace('{', '{ ')
  assertRefused(
    { ...good, request: { ...good.request, statement: spaced } },
    'request-statement',
    'invalid_statement',
  )
})

test('a witness nobody knows, and a cosignature that does not verify', async () => {
  const stranger = (await twoMembers()).core
  const file = await fileOnPaper({ network, holder: rta, exchange, witnesses: [stranger] })
  assertRefused(file, 'ledger-witnesses', 'unknown_witness')
  const { checkpoint } = good.ledger
  const line = checkpoint.split('\n').find((text) => text.includes(core.id)) ?? ''
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64')
  bytes[20] = (bytes[20] ?? 0) ^ 1
  const damaged = checkpoint.replace(line.split(' ')[2] ?? '', bytes.toString('base64'))
  assertRefused(
    { ...good, ledger: { ...good.ledger, checkpoint: damaged } },
    'ledger-witnesses',
    'invalid_signature',
  )
  const twice = `${checkpoint}${line}\n`
  assertRefused(
    { ...good, ledger: { ...good.ledger, checkpoint: twice } },
    'ledger-checkpoint',
    'duplicate_signature',
  )
})
