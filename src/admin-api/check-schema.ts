import { Ajv } from 'ajv'
import type { Schema } from '../protocol/schema.ts'

/**
 * Everything that is wrong with a value, each with its place; empty when nothing is. No text repeats a value: it may be
 * a secret.
 */
export function schemaProblems(schema: Schema, value: unknown): string[] {
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
  if (ajv.validate(schema, value)) return []
  return (ajv.errors ?? []).map(({ instancePath, message, params }) => {
    const unknown = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : ''
    return `${instancePath || '/'}: ${message ?? 'is not valid'}${unknown}`
  })
}
