import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedPaper, type PaperNoun } from './paperless-nouns.ts'

test('Arabic counts paper in six forms, and a decimal number by its own', () => {
  const sheets = ['0', '1', '2', '3', '11', '100', '1234567', '2.5', '103'].map((number) =>
    countedPaper(number, 'sheet', 'ar'),
  )
  assert.deepEqual(sheets, [
    'لا أوراق',
    'ورقة واحدة',
    'ورقتان',
    '3 أوراق',
    '11 ورقة',
    '100 ورقة',
    '1,234,567 ورقة',
    '2.5 ورقة',
    '103 أوراق',
  ])
  assert.equal(countedPaper('11', 'exchange', 'ar'), '11 تبادلًا')
  assert.equal(countedPaper('100', 'exchange', 'ar'), '100 تبادل')
})

test('every noun has the six forms, and two in English', () => {
  const nouns: PaperNoun[] = [
    'exchange',
    'agreement',
    'page',
    'original',
    'sheet',
    'hour',
    'minute',
    'dirham',
    'tree',
  ]
  for (const noun of nouns) {
    const forms = ['0', '1', '2', '3'].map((number) => countedPaper(number, noun, 'ar'))
    assert.equal(new Set(forms).size, 4, noun)
    for (const number of ['3', '11', '100'])
      assert.match(countedPaper(number, noun, 'ar'), /^\d+ \p{Script=Arabic}/u)
    assert.notEqual(countedPaper('1', noun, 'en').slice(2), countedPaper('2', noun, 'en').slice(2))
  }
})

test('no digit of a large number is lost, and zeros behind the last decimal are left out', () => {
  assert.equal(countedPaper('27021597764222976', 'sheet', 'en'), '27,021,597,764,222,976 sheets')
  assert.equal(countedPaper('34.80', 'dirham', 'en'), '34.8 dirhams')
  assert.equal(countedPaper('100', 'dirham', 'en'), '100 dirhams')
  assert.equal(countedPaper('1.00', 'dirham', 'ar'), 'درهم واحد')
})
