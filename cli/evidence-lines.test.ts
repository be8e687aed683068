import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyEvidence } from '../src/evidence/verify-evidence.ts'
import type { EvidenceFacts, VerifyResult } from '../src/evidence/verify-result.ts'
import { unfold, type VectorFile } from '../test/conformance/evidence/vector.ts'
import { evidenceLines, failureLines } from './evidence-lines.ts'

const stored = JSON.parse(
  readFileSync(new URL('../test/conformance/evidence/vectors.json', import.meta.url), 'utf8'),
) as VectorFile

/** Every file of the vectors, verified. */
const results = stored.vectors.flatMap(({ file, anchor, padding = 0 }): VerifyResult[] => {
  const its = stored.anchors[anchor]
  return its === undefined || padding > 0 ? [] : [verifyEvidence(unfold(file, stored.fragments), its)]
})
const proven = results.flatMap((result) => (result.ok ? [result.facts] : []))

/** A plain answered exchange of the vectors, and changes to what it proves. */
function facts(changes: Partial<EvidenceFacts> = {}): EvidenceFacts {
  const found = proven.find(({ answer }) => answer !== null && answer.error === undefined)
  assert.ok(found !== undefined)
  return { ...found, ...changes }
}

const summary = (lines: readonly string[]): string => lines.slice(0, lines.indexOf('')).join('\n')

test('the summary says who, what, when, under which agreement and what proves it; details follow', () => {
  const its = facts()
  const { consumer, provider, request, answer, agreement } = its
  const lines = evidenceLines(its, 'en')
  const text = summary(lines)
  assert.equal(lines[0], 'verified')
  for (const word of ['who:', 'what:', 'when:', 'agreement:', 'proven by:'])
    assert.ok(text.includes(word), word)
  for (const fact of [
    consumer.name.en,
    provider.name.en,
    request.client,
    request.service,
    `${request.method} ${request.path}`,
    request.time,
    `status ${answer?.status ?? ''}`,
    agreement.hash,
    consumer.gateway,
    provider.gateway,
  ])
    assert.ok(text.includes(fact), fact)
  assert.doesNotMatch(text, /[{}]/, 'no JSON and no placeholder')
  assert.ok(lines.some((line) => line.startsWith('  ledger: {')))
})

test('in Arabic nothing but what is isolated stands in Latin letters, for every file of the vectors', () => {
  assert.ok(proven.length >= 5, `${proven.length} files only`)
  for (const its of proven) {
    const text = summary(evidenceLines(its, 'ar')).replaceAll(/\u2066[^\u2069]*\u2069/g, '')
    assert.match(text, /مُثبت/)
    assert.doesNotMatch(text.replaceAll('--directory', ''), /[A-Za-z{}]/)
  }
})

test('what weakens a proof stands in the summary', () => {
  const { consumer, provider, request, agreement } = facts()
  const keyId = consumer.seal?.keyId ?? ''
  const cases: readonly (readonly [Partial<EvidenceFacts>, RegExp])[] = [
    [{ answer: null }, /no answer is recorded here/],
    [{ consumer: { ...consumer, seal: { keyId, key: 'disputed' } } }, /DISPUTED/],
    [{ consumer: { ...consumer, seal: { keyId, key: 'revoked_later' } } }, /revoked afterwards/],
    [{ provider: { ...provider, standing: 'suspended' } }, /was SUSPENDED/],
    [{ agreement: { ...agreement, standing: 'revoked' } }, /REVOKED at that time/],
    [{ ledger: { ...facts().ledger, witnesses: [] } }, /no witness/],
    [{ request: { ...request, body: 'matches' } }, /the body given here is the one/],
    [{ directory: { ...facts().directory, complete: true } }, /no revocation was left out/],
  ]
  for (const [changes, words] of cases) assert.match(summary(evidenceLines(facts(changes), 'en')), words)
})

test('what a party signed cannot rewrite the screen of whoever reads it', () => {
  const { request } = facts()
  const user = 'a\u001b[2J\u202eb\nverified'
  for (const language of ['en', 'ar'] as const) {
    const text = summary(evidenceLines(facts({ request: { ...request, user } }), language))
    for (const sign of ['\u001b', '\u202e', '\nverified']) assert.ok(!text.includes(sign))
    assert.match(text, /a\ufffd\[2J\ufffdb\ufffdverified/)
  }
})

test('a file that is not proven names step and code in both languages', () => {
  const failed = results.find((result) => !result.ok)
  assert.ok(failed?.ok === false)
  const [en, message] = failureLines(failed, 'en')
  assert.equal(en, `not proven: step ${failed.step} failed (${failed.code})`)
  assert.equal(message, `  ${failed.message}`)
  assert.ok(failureLines(failed, 'ar')[0]?.includes(failed.code))
})

test('a purpose that was named is told in both languages', () => {
  const its = facts()
  const request = { ...its.request, purpose: 'licensing' }
  assert.ok(
    evidenceLines({ ...its, request }, 'en').some((line) => line.includes('for the purpose licensing')),
  )
  assert.ok(
    evidenceLines({ ...its, request }, 'ar').some((line) => line.includes('لغرض \u2066licensing\u2069')),
  )
  assert.doesNotMatch(summary(evidenceLines(its, 'en')), /purpose/)
})
