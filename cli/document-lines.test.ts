import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DOCUMENT_FAILURES,
  type DocumentFacts,
  type DocumentFailure,
} from '../src/agreements/signed-document-result.ts'
import { DOCUMENT_FAILURES_IN_ARABIC } from './document-failures.ts'
import { documentFailureLines, documentLines } from './document-lines.ts'

const FACTS: DocumentFacts = {
  agreement: 'a'.repeat(43),
  kind: 'service',
  network: 'AE-DU',
  title: { ar: 'الاطلاع على الفواتير', en: 'Reading bills' },
  parties: [
    { member: 'AE-DU/SEMI/DEWA', role: 'provider' },
    { member: 'AE-DU/GOV/RTA', role: 'consumer' },
  ],
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2029-01-01T00:00:00.000Z',
  template: { name: 'service', digest: 'd' },
  theme: 'neutral',
  documentSha256: 'e',
  revisions: [],
  signatures: [
    {
      field: 'Sign1',
      party: 'AE-DU/SEMI/DEWA',
      mandate: {
        mandate: 'm1',
        member: 'AE-DU/SEMI/DEWA',
        office: { ar: 'المدير العام', en: 'Director General' },
      },
      signer: 'Mariam',
      issuer: 'Issuer',
      certificateSha256: 'c',
      time: '2026-11-29T12:00:00.000Z',
      timeAuthority: 'Time',
      level: 'qualified',
      revocation: 'good',
      coversWholeFile: false,
      testAuthority: true,
    },
  ],
  archiveTimes: [],
  notChecked: ['completeness'],
  inDirectory: {
    standing: 'superseded',
    sealedBy: ['AE-DU/SEMI/DEWA', 'AE-DU/GOV/RTA'],
    entries: 12,
    supersededBy: 'b'.repeat(43),
    policy: { level: 'qualified', testAuthorities: true },
    checkpoint: { size: 40, witnesses: [{ branch: 'AE-DU/branch/CORE', time: '2026-11-29T12:05:01.000Z' }] },
    isComplete: false,
  },
}

const told = (language: 'ar' | 'en', facts = FACTS): string =>
  documentLines(facts, language)
    .join('\n')
    .replaceAll(/[\u2066\u2069]/g, '')

test('who signed under which mandate, how it stands and what was not looked at are told in both languages', () => {
  const [english, arabic] = [told('en'), told('ar')]
  for (const words of [
    'as Director General of AE-DU/SEMI/DEWA, under mandate m1',
    'SUPERSEDED by another agreement',
    'another agreement takes its place: bbb',
    'THIS NETWORK BELIEVES TEST AUTHORITIES',
    'by the directory as it stood with 40 entries',
    'seen by AE-DU/branch/CORE at 2026-11-29T12:05:01.000Z',
    'whether a later or withheld entry',
  ])
    assert.ok(english.includes(words), words)
  for (const words of [
    'بصفة المدير العام لدى AE-DU/SEMI/DEWA، بموجب التفويض m1',
    'حلّت محلّها اتفاقية أخرى',
    'هذه الشبكة تثق بجهات تصديق للاختبار',
    'وفق الدليل حين كان عدد قيوده 40',
    'شهده الفرع AE-DU/branch/CORE في 2026-11-29T12:05:01.000Z',
    'قيدٌ لاحق أو محجوب',
    'لم يُتحقق منه: هل',
    'شهادة صادرة عن Issuer، ولم تكن ملغاة حينها',
  ])
    assert.ok(arabic.includes(words), words)
})

test('what a verifier looked at is not called unchecked', () => {
  const { inDirectory } = FACTS
  assert.ok(inDirectory !== undefined)
  const complete = { ...FACTS, notChecked: [], inDirectory: { ...inDirectory, isComplete: true } }
  assert.doesNotMatch(told('en', complete), /not checked:/)
  assert.match(told('en', complete), /all entries were given/)
})

test('every failure has words in Arabic, with what it was about', () => {
  for (const code of Object.keys(DOCUMENT_FAILURES) as DocumentFailure[]) {
    assert.match(DOCUMENT_FAILURES_IN_ARABIC[code], /[\u0600-\u06ff]/, code)
    const failure = {
      ok: false,
      step: 'proof',
      code,
      message: `${DOCUMENT_FAILURES[code]} (entry 7)`,
    } as const
    const [, arabic = ''] = documentFailureLines(failure, 'ar')
    assert.equal(arabic, `  ${DOCUMENT_FAILURES_IN_ARABIC[code]} \u2066(entry 7)\u2069`)
    assert.equal(documentFailureLines(failure, 'en')[1], `  ${failure.message}`)
  }
})
