import { type TSchema, Type } from 'typebox'

const open = { additionalProperties: true }

/** The text of an identifier, a time or a state. */
export const TEXT: TSchema = Type.String()

/** An answer with one list of records; each record holds more than is named here. */
export function listed(name: string, fields: Readonly<Record<string, TSchema>>): { 200: TSchema } {
  const records = Type.Array(Type.Object(fields, open))
  return { 200: Type.Unsafe<object>(Type.Object({ [name]: records }, open)) }
}

/** An answer that is one record. */
export const RECORD: { 200: TSchema } = { 200: Type.Unsafe<object>(Type.Object({}, open)) }

/** The answer of a change to an agreement. */
export const AGREEMENT: { 200: TSchema } = {
  200: Type.Unsafe<object>(Type.Object({ agreement: Type.String() }, open)),
}
