import assert from 'node:assert/strict'
import { it } from 'node:test'
import { renderStep, STEP_CODES } from './step-texts.ts'

it('has words for every step in both languages, about the same facts', () => {
  assert.equal(STEP_CODES.length, 18)
  // Without details each placeholder becomes a dash, so counting dashes counts placeholders.
  const facts = (text: string): number => text.split('–').length - 1
  for (const code of STEP_CODES) {
    const { text, remedy } = renderStep(code, {})
    for (const part of [text, remedy]) {
      if (part === undefined) continue
      assert.equal(facts(part.en), facts(part.ar), `${code}: the two languages name different facts`)
      assert.match(part.ar, /\p{Script=Arabic}/u)
      assert.doesNotMatch(part.en, /\p{Script=Arabic}/u)
    }
  }
})

it('fills in facts, and keeps identifiers readable in Arabic', () => {
  const { text, remedy } = renderStep('gateway_missing', { member: 'AE-DU/SEMI/DEWA' })
  assert.equal(text.en, 'AE-DU/SEMI/DEWA has no gateway in the directory.')
  assert.ok(text.ar.includes('\u2066AE-DU/SEMI/DEWA\u2069'))
  assert.equal(remedy?.en, 'AE-DU/SEMI/DEWA enrols a gateway with a token of the operator.')
})
