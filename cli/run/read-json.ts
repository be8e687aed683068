import { readFile } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/**
 * Reads a configuration file and checks all of it: every problem is reported at once, and no message repeats a value.
 *
 * @throws WuslaError `file_missing`, `config_invalid`
 */
export async function readConfig<S extends TSchema>(file: string, schema: S): Promise<Static<S>> {
  const value = await readJson(file)
  const problems = schemaProblems(schema, value)
  if (problems.length === 0) return value as Static<S>
  throw new WuslaError('config_invalid', { details: { file, problems } })
}

/** @throws WuslaError `file_missing`, `config_invalid` */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WuslaError('file_unreadable', { details: { file }, cause })
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new WuslaError('config_invalid', { details: { file, problems: ['/: not JSON'] }, cause })
  }
}
