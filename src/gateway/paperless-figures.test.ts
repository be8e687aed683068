import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { coefficientProblems, decodeCoefficients, DEFAULT_COEFFICIENTS } from './paperless-coefficients.ts'
import { paperlessFigures } from './paperless-figures.ts'

const BILLS = 'AE-DU/SEMI/DEWA/BILLING/bills'
const PLATES = 'AE-DU/GOV/RTA/LICENSING/plates'
const source = { en: 'a test', ar: 'اختبار' }
const coefficient = (value: number): { value: number; source: typeof source } => ({ value, source })

const COUNTS = {
  exchanges: [
    { agreement: 'a', service: BILLS, answered: 1_000 },
    { agreement: 'b', service: BILLS, answered: 234 },
    { agreement: 'open', service: PLATES, answered: 7 },
  ],
  agreements: [{ agreement: 'a', pages: 5 }, { agreement: 'b' }],
}

test('by the defaults: sheets, hours, money and trees, each from its exact value', () => {
  const { kinds, saved } = paperlessFigures(COUNTS, DEFAULT_COEFFICIENTS)
  const [exchanges, agreements] = kinds
  assert.deepEqual(exchanges?.saved, {
    sheets: '1241',
    // 1,241 × 2.5 / 60 = 51.7083…
    hours: '51.7',
    // 1,241 × 3.87
    dirham: '4802.67',
    // 1,241 / 8,330 = 0.14897…
    trees: '0.149',
  })
  // 5 pages and an agreement without a document, of 3 pages; two originals each.
  assert.deepEqual(agreements?.saved, { sheets: '16', hours: '0.7', dirham: '61.92', trees: '0.002' })
  assert.deepEqual(saved, { sheets: '1257', hours: '52.4', dirham: '4864.59', trees: '0.151' })
})

test('every line carries the coefficients that made it, and a service may have its own', () => {
  const own = decodeCoefficients({ exchanges: { services: { [PLATES]: coefficient(2.5) } } }, 'f')
  const [exchanges, agreements] = paperlessFigures(COUNTS, own).kinds
  assert.deepEqual(exchanges?.from, [
    {
      what: 'exchanges',
      count: '1234',
      times: [DEFAULT_COEFFICIENTS.exchanges.sheetsPerExchange],
      sheets: '1234',
    },
    // 7 × 2.5 = 17.5, half upwards.
    { what: 'exchanges', service: PLATES, count: '7', times: [coefficient(2.5)], sheets: '18' },
  ])
  assert.equal(exchanges?.saved.sheets, '1252')
  assert.deepEqual(
    agreements?.from.map(({ what, count, times, sheets }) => [what, count, times.length, sheets]),
    [
      ['pages', '5', 1, '10'],
      ['agreements', '1', 2, '6'],
    ],
  )
})

test('numbers beyond what a double can tell stay exact', () => {
  const many = Number.MAX_SAFE_INTEGER
  const counts = { exchanges: [1, 2, 3].map(() => ({ agreement: 'a', service: BILLS, answered: many })) }
  const thirds = decodeCoefficients({ exchanges: { sheetsPerExchange: coefficient(0.000001) } }, 'f')
  assert.equal(
    paperlessFigures({ ...counts, agreements: [] }, DEFAULT_COEFFICIENTS).saved.sheets,
    String(3n * BigInt(many)),
  )
  // 27,021,597,764,222,973 millionths.
  assert.equal(paperlessFigures({ ...counts, agreements: [] }, thirds).saved.sheets, '27021597764')
})

test('nothing counted is nothing saved', () => {
  const { kinds, saved } = paperlessFigures({ exchanges: [], agreements: [] }, DEFAULT_COEFFICIENTS)
  assert.deepEqual(saved, { sheets: '0', hours: '0.0', dirham: '0.00', trees: '0.000' })
  assert.deepEqual(
    kinds.map(({ from }) => from),
    [[], []],
  )
})

test('the two kinds of saving may have trees of different sizes', () => {
  const own = decodeCoefficients({ agreements: { sheetsPerTree: coefficient(3) } }, 'f')
  const counts = {
    exchanges: [{ agreement: 'a', service: BILLS, answered: 8_330 }],
    agreements: [{ agreement: 'a', pages: 1 }],
  }
  assert.equal(paperlessFigures(counts, own).saved.trees, '1.667')
})

test('a coefficient without a source, or one that is no decimal number, is a problem with its place', () => {
  const problems = (value: unknown): string[] => coefficientProblems(value)
  assert.deepEqual(problems({}), [])
  assert.deepEqual(problems({ exchanges: { minutesPerSheet: { value: 2 } } }), [
    "/exchanges/minutesPerSheet: must have required property 'source'",
  ])
  assert.match(problems({ exchanges: { sheets: coefficient(1) } }).join(), /\(sheets\)/)
  assert.match(problems({ agreements: { originals: coefficient(-1) } }).join(), />= 0/)
  assert.deepEqual(problems({ agreements: { originals: coefficient(1e-7) } }), [
    '/agreements/originals: has more than six decimals',
  ])
  assert.deepEqual(problems({ exchanges: { sheetsPerTree: coefficient(0) } }), [
    '/exchanges/sheetsPerTree: must be greater than 0',
  ])
  assert.deepEqual(problems({ exchanges: { services: { 'not a service': coefficient(1) } } }), [
    '/exchanges/services: has a name that is not a service in its canonical form',
  ])
  assert.throws(
    () => decodeCoefficients([], 'f'),
    (error: unknown) => isWuslaError(error) && error.code === 'config_invalid',
  )
})

test('every default is shipped with its source in both languages', () => {
  const { services, ...exchanges } = DEFAULT_COEFFICIENTS.exchanges
  assert.deepEqual(services, {})
  assert.deepEqual(coefficientProblems({ exchanges, agreements: DEFAULT_COEFFICIENTS.agreements }), [])
  for (const { source: said } of [
    ...Object.values(exchanges),
    ...Object.values(DEFAULT_COEFFICIENTS.agreements),
  ]) {
    assert.match(said.ar, /\p{Script=Arabic}/u)
    assert.match(said.en, /[a-z]/)
  }
})
