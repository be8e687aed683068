import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '../protocol/schema.ts'
import { LineSchema } from '../protocol/testing/line-schema.ts'
import { schemaProblems } from './check-schema.ts'

const line = { name: 'n', kind: 'leased', mbps: 3, ends: ['a'], prices: { day: 1.5 }, until: null }

test('what a schema says is accepted, with and without what is optional', () => {
  const { mbps, ...without } = line
  assert.equal(mbps, 3)
  assert.deepEqual([schemaProblems(LineSchema, line), schemaProblems(LineSchema, without)], [[], []])
})

test('what is missing and what is wrong is named, each with its place', () => {
  for (const name of ['name', 'kind', 'ends', 'prices', 'until']) {
    const some = Object.fromEntries(Object.entries(line).filter(([key]) => key !== name))
    assert.deepEqual(schemaProblems(LineSchema, some), [`/: must have required property '${name}'`])
  }
  for (const [place, wrong] of [
    ['/name', { name: '' }],
    ['/kind', { kind: 'own' }],
    ['/mbps', { mbps: 1.5 }],
    ['/ends/0', { ends: [1] }],
    ['/prices/day', { prices: { day: '1' } }],
    ['/until', { until: 1 }],
    ['/', { unheardOf: 1 }],
  ] as const) {
    const problems = schemaProblems(LineSchema, { ...line, ...wrong })
    assert.ok(
      problems.length > 0 && problems.every((each) => each.startsWith(`${place}: `)),
      problems.join('\n'),
    )
  }
})

test('no problem repeats a value, which may be a secret', () => {
  const problems = schemaProblems(LineSchema, { ...line, kind: 's3cret', until: { key: 's3cret' } })
  assert.ok(problems.length > 1)
  assert.ok(!problems.join().includes('s3cret'))
})

test('of an object with nothing required any part is accepted', () => {
  const Some = Type.Partial(LineSchema, { additionalProperties: false })
  assert.deepEqual([schemaProblems(Some, {}), schemaProblems(Some, { mbps: 1 })], [[], []])
  assert.deepEqual(schemaProblems(Some, { mbps: 0 }), ['/mbps: must be >= 1'])
})
