import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { HiddenText } from './hidden-text.ts'

const NUMBER = '784199012345671'

test('a hidden text does not print, whatever prints it', () => {
  const hidden = new HiddenText(NUMBER)
  const around = { person: { identityNumber: hidden }, list: [hidden] }
  const prints = [
    String(hidden),
    ['x', hidden].join(''),
    JSON.stringify(around),
    inspect(around, { depth: 9, showHidden: true }),
    format('%s %o %j', hidden, hidden, hidden),
    Object.values(hidden).join(),
  ]
  for (const print of prints) assert.ok(!print.includes(NUMBER), print)
  assert.equal(JSON.stringify(hidden), '"[hidden]"')
  assert.equal(hidden.reveal(), NUMBER)
})

test('texts are compared whole', () => {
  const hidden = new HiddenText(NUMBER)
  assert.ok(hidden.equals(NUMBER))
  for (const other of ['', NUMBER.slice(1), `${NUMBER}0`, NUMBER.replace('7', '8')])
    assert.ok(!hidden.equals(other), other)
})
