import { type Schema, Type } from '../../protocol/schema.ts'

const open = { additionalProperties: true }

/** The text of an identifier, a time or a state. */
export const TEXT: Schema = Type.String()

/** An answer with one list of records; each record holds more than is named here. */
export function listed(name: string, fields: Readonly<Record<string, Schema>>): { 200: Schema } {
  const records = Type.Array(Type.Object(fields, open))
  return { 200: Type.Unsafe<object>(Type.Object({ [name]: records }, open)) }
}

/** An answer that is one record. */
export const RECORD: { 200: Schema } = { 200: Type.Unsafe<object>(Type.Object({}, open)) }

/** The answer of a change to an agreement. */
export const AGREEMENT: { 200: Schema } = {
  200: Type.Unsafe<object>(Type.Object({ agreement: Type.String() }, open)),
}
