import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { readNamedFile } from './named-file.ts'
import { UsageError } from './voice.ts'

/** Longer is no number of any country. Unit: bytes. */
const MAX_BYTES = 256

/**
 * The identity number of an official: from a file, from standard input (`-`), from WUSLA_IDENTITY_NUMBER, or typed at a
 * prompt. It is never an argument: every account of the machine reads the arguments of running programs.
 *
 * @throws UsageError when nothing says it
 */
export async function readIdentityNumber(file: string | undefined): Promise<string> {
  const said = file === undefined ? process.env['WUSLA_IDENTITY_NUMBER'] : await fromFile(file)
  const number = (said ?? (await fromPrompt()) ?? '').trim()
  if (number !== '') return number
  throw new UsageError(
    'nothing says the identity number of the official',
    'put it into a file that only you can read and give --identity-file FILE (- for standard input), or set WUSLA_IDENTITY_NUMBER; in a sandbox --persona NAME',
  )
}

async function fromFile(file: string): Promise<string> {
  if (file === '-') return await text(process.stdin)
  return (await readNamedFile('--identity-file', file, MAX_BYTES)).toString('utf8')
}

async function fromPrompt(): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  // On the error line: the result alone goes to the other one.
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await asking.question('Identity number of the official: ')
  } finally {
    asking.close()
  }
}
