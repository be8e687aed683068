import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { WuslaError } from '../../../protocol/wusla-error.ts'
import type { MarkedPlace, TypesetAnswer, TypesetJob } from './typeset-job.ts'

/** The process's file stands beside this one, in source as in the built form. */
const PROCESS = fileURLToPath(
  new URL(`./typesetter-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
)

const NO_SYSTEM_FONTS = fileURLToPath(new URL('../layout/no-system-fonts.conf', import.meta.url))

/** The longest content there may be takes a few seconds. */
const TIME_LIMIT_MS = 120_000

/** A finished document. */
export interface Typeset {
  readonly pdf: Uint8Array
  /** In the order of the job's marks. */
  readonly places: readonly MarkedPlace[]
}

/**
 * Typesets in a process of its own, which ends with the job: nothing of the typesetter stays in this process, and one that
 * crashes or does not come back takes nothing with it.
 *
 * @throws WuslaError `document_not_typeset`
 */
export async function runTypesetter(job: TypesetJob): Promise<Typeset> {
  // Nothing of this process's environment: neither its secrets nor a setting that changes how things look.
  const child = spawn(process.execPath, [PROCESS], {
    env: { FONTCONFIG_FILE: NO_SYSTEM_FONTS },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  // A process that ended early cannot be written to; its missing answer says so.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(job))
  const ended = once(child, 'close')
  const answer = (await json(child.stdout).catch(() => undefined)) as TypesetAnswer | undefined
  const [exitCode, signal] = (await ended) as [number | null, string | null]
  if (answer === undefined) {
    const problems = [`the typesetter ended with ${signal ?? exitCode} and no answer`]
    throw new WuslaError('document_not_typeset', { details: { problems } })
  }
  if (!answer.ok) throw new WuslaError('document_not_typeset', { details: { problems: answer.problems } })
  return { pdf: Buffer.from(answer.pdf, 'base64'), places: answer.places }
}
