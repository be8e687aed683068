import { readFileSync } from 'node:fs'

/**
 * What somebody noted as JSON: a program about itself while it runs, a mandate while it holds. Whoever wrote the file removes it
 * at any moment, so there is no asking first whether it is there.
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
