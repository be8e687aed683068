import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Static, Type } from './schema.ts'
import { LineSchema } from './testing/line-schema.ts'

const Some = Type.Partial(LineSchema)

interface ExpectedLine {
  name: string
  kind: 'leased' | 'shared'
  mbps?: number
  ends: string[]
  prices: Record<string, number>
  until: string | null
}

/** Only of two types of which each is as wide as the other; never of `any`. */
type Same<A, B> = 0 extends 1 & A ? false : [A] extends [B] ? ([B] extends [A] ? true : false) : false

test('a schema is the JSON that JSON Schema says, and nothing else of it is in a document', () => {
  assert.equal(
    JSON.stringify(Type.Object({ a: Type.Optional(Type.String({ maxLength: 3 })), b: Type.Literal(1) })),
    '{"type":"object","required":["b"],"properties":{"a":{"type":"string","maxLength":3},"b":{"type":"number","const":1}}}',
  )
  assert.equal(JSON.stringify(Type.Object({ a: Type.Optional(Type.Null()) })).includes('required'), false)
  assert.deepEqual(Type.Unknown({ description: 'x' }), { description: 'x' })
})

test('what is accepted has the type that is said', () => {
  const same: Same<Static<typeof LineSchema>, ExpectedLine> = true
  const sameOfSome: Same<Static<typeof Some>, Partial<ExpectedLine>> = true
  assert.ok(same && sameOfSome)
})

test('a partial object requires nothing and keeps no keyword that it is not given', () => {
  assert.deepEqual({ ...Some, properties: undefined }, { type: 'object', properties: undefined })
  assert.deepEqual(Object.keys(Some.properties), Object.keys(LineSchema.properties))
  assert.equal(Type.Partial(LineSchema, { additionalProperties: false })['additionalProperties'], false)
})

test('a misspelt keyword and a missing member are noticed by the type check', () => {
  // @ts-expect-error -- no such keyword
  assert.deepEqual(Type.String({ minlength: 1 }), { type: 'string', minlength: 1 })
  const withoutEnds = { name: 'n', kind: 'leased', prices: {}, until: null } as const
  // @ts-expect-error -- `ends` is missing
  const line: Static<typeof LineSchema> = withoutEnds
  assert.deepEqual(LineSchema['required'], ['name', 'kind', 'ends', 'prices', 'until'])
  assert.equal(line, withoutEnds)
})
