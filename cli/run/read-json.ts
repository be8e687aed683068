import { readFile } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/**
 * Reads a configuration file and checks all of it: every problem is reported at once, and no message repeats a value.
 *
 * @throws WuslaError `file_missing`, `config_invalid`
 */
export async function readConfig<S extends TSchema>(file: string, schema: S): Promise<Static<S>> {
  const value = await readJson(file)
  if (Value.Check(schema, value)) return value as Static<S>
  const problems = Value.Errors(schema, value).map(
    ({ instancePath, message }) => `${instancePath || '/'}: ${message}`,
  )
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
