import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { counted } from './counted-nouns.ts'
import { say } from './planner-texts.ts'
import type { MessageCode } from './planner-texts.ts'

const source = readFileSync(new URL('planner-texts.ts', import.meta.url), 'utf8')
const CODES = [...source.matchAll(/^ {2}(\w+): \{(?: en:|$)/gm)].map(([, code = '']) => code as MessageCode)

/** Without facts every placeholder becomes a dash: the words around them, and how many there are. */
const bare = (code: MessageCode, language: 'en' | 'ar'): string => say(code, {}, language)

test('every message has words in both languages about the same facts', () => {
  assert.ok(CODES.length >= 40, `saw ${CODES.length} messages`)
  for (const code of CODES) {
    const [en, ar] = [bare(code, 'en'), bare(code, 'ar')]
    assert.equal(en.split('–').length, ar.split('–').length, code)
    assert.match(ar, /\p{Script=Arabic}/u, code)
    assert.doesNotMatch(en, /\p{Script=Arabic}/u, code)
    assert.equal(/[.]$/.test(en), /[.]$/.test(ar), code)
  }
})

test('Arabic counts in six forms', () => {
  const forms = [0, 1, 2, 3, 11, 100, 1_500].map((count) => counted(count, 'line', 'ar'))
  assert.deepEqual(forms, ['لا خطوط', 'خطّ واحد', 'خطّان', '3 خطوط', '11 خطًّا', '100 خطّ', '1,500 خطّ'])
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'entity', 'en')),
    ['0 entities', '1 entity', '2 entities'],
  )
})

test('names keep their direction inside Arabic, Arabic names need no help, and facts are not templates', () => {
  const text = say('point_added', { id: 'AE-DU/branch/CORE' }, 'ar')
  assert.ok(text.includes('\u2066AE-DU/branch/CORE\u2069'))
  assert.ok(!say('point_added', { id: 'المركز' }, 'ar').includes('\u2066'))
  assert.equal(say('point_added', { id: '{line}' }, 'en'), '{line} becomes a single point of failure.')
})
