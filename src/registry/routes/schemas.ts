import { Type } from 'typebox'

/** In the description of a route: needs a bearer token. */
export const BEARER: { readonly bearer: string[] }[] = [{ bearer: [] }]

/** A name in both languages. */
export const Name = Type.Object(
  { ar: Type.String({ minLength: 1, maxLength: 200 }), en: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)

/** Why something was done; public. */
export const Reason = Type.String({ minLength: 1, maxLength: 500 })

/** Answer of every route that publishes: the entry's index in the directory log. */
export const Indexed = Type.Object({ index: Type.Integer({ minimum: 0 }) })

/** A change with its signatures, as it will stand in the log. The directory's own rules judge the rest. */
export const SignedChangeBody = {
  change: Type.Object(
    {
      type: Type.Literal('wusla/change/v1'),
      kind: Type.String(),
      network: Type.String(),
      time: Type.String(),
    },
    { additionalProperties: true },
  ),
  signatures: Type.Array(
    Type.Object(
      { alg: Type.String(), by: Type.String(), key: Type.String(), value: Type.String() },
      { additionalProperties: false },
    ),
    { minItems: 1, maxItems: 8 },
  ),
}
