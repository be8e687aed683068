import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCoefficients } from '../src/gateway/paperless-coefficients.ts'
import { paperlessFigures } from '../src/gateway/paperless-figures.ts'
import { paperlessLines } from './paperless-lines.ts'

const BILLS = 'AE-DU/SEMI/DEWA/BILLING/bills'
const PLATES = 'AE-DU/GOV/RTA/LICENSING/plates'
const source = { en: 'form 12: four sheets', ar: 'نموذج 12: أربع ورقات' }
const coefficients = decodeCoefficients({ exchanges: { services: { [PLATES]: { value: 4, source } } } }, 'f')
const counts = {
  exchanges: [
    { agreement: 'a', service: BILLS, answered: 1_234 },
    { agreement: 'a', service: PLATES, answered: 7 },
  ],
  agreements: [{ agreement: 'a', pages: 5 }, { agreement: 'b' }],
}
const block = {
  gateways: ['AE-DU/GOV/RTA/gw-1'],
  figures: paperlessFigures(counts, coefficients),
  isBehind: false,
  hasRemoved: false,
}

test('every line with a number names the coefficient that made it, with its source, in both languages', () => {
  for (const [language, word] of [
    ['en', 'source: '],
    ['ar', 'المصدر: '],
  ] as const) {
    const lines = paperlessLines(block, language)
    const factors = lines.filter((line) => /[×÷]/.test(line))
    // Two services; pages, and an agreement without document; hours, money and trees of both kinds.
    assert.equal(factors.length, 10)
    for (const line of factors) {
      const marks = line.match(/[×÷]/g)?.length ?? 0
      assert.equal(line.split(word).length - 1, marks, line)
      assert.doesNotMatch(line, /[{}–]/)
    }
  }
})

test('a service with a coefficient of its own stands by itself', () => {
  assert.ok(
    paperlessLines(block, 'en').includes(
      `    7 exchanges with ${PLATES} × 4 sheets an exchange (source: form 12: four sheets) = 28 sheets`,
    ),
  )
  assert.ok(
    paperlessLines(block, 'ar').includes(
      `    7 تبادلات مع \u2066${PLATES}\u2069 × 4 أوراق لكل تبادل (المصدر: نموذج 12: أربع ورقات) = 28 ورقة`,
    ),
  )
})

test('what is missing from the figures is said', () => {
  const [whole, part] = [block, { ...block, isBehind: true, hasRemoved: true }].map(
    (each) => paperlessLines(each, 'en').length,
  )
  assert.equal(part, (whole ?? 0) + 2)
  const period = { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' }
  assert.equal(
    paperlessLines({ ...block, ...period }, 'en')[1],
    '  from 2026-01-01T00:00:00.000Z on, before 2027-01-01T00:00:00.000Z',
  )
})

test('a kind of which nothing was counted shows no figure', () => {
  const figures = paperlessFigures({ exchanges: [], agreements: [] }, coefficients)
  const lines = paperlessLines({ ...block, figures }, 'ar')
  assert.deepEqual(lines.slice(2, 4), ['تبادلات مُجابة: لا تبادلات', 'اتفاقيات موقّعة: لا اتفاقيات'])
})
