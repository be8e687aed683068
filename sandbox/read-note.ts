import { readFileSync } from 'node:fs'

/**
 * What a program wrote about itself as JSON. It removes the file when it ends, at any moment: so there is no asking first
 * whether it is there.
 *
 * @returns undefined when it is not there
 */
export function readNote(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return JSON.parse(text)
}
