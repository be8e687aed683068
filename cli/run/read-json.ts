import { readFile } from 'node:fs/promises'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/** Reads a file of JSON. @throws WuslaError `file_unreadable`, `config_invalid` */
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
