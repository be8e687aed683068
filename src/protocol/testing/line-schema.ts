import { Type } from '../schema.ts'

/** A schema with every kind of member that there is, for tests. */
export const LineSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    kind: Type.Union([Type.Literal('leased'), Type.Literal('shared')]),
    mbps: Type.Optional(Type.Integer({ minimum: 1 })),
    ends: Type.Array(Type.String()),
    prices: Type.Record(Type.Number()),
    until: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false, description: 'A line.' },
)
