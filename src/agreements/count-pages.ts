import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { WuslaError } from '../protocol/wusla-error.ts'

/** The process's file, in source as in the built form. */
const PROCESS = fileURLToPath(
  new URL(
    `./document/pages/pages-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
    import.meta.url,
  ),
)

/** A document of the greatest size takes less than a second. Unit: milliseconds. */
const TIME_LIMIT_MS = 60_000

/**
 * Pages of documents, in the order of their files; `null` where there is no such file. Counted in a process of its own that
 * ends with the job: an actor must neither carry the PDF library nor fall with it.
 *
 * @throws WuslaError `internal_error` when a file is no document
 */
export async function countPages(files: readonly string[]): Promise<readonly (number | null)[]> {
  if (files.length === 0) return []
  const child = spawn(process.execPath, [PROCESS], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  // A process that ended early cannot be written to; its missing answer says so.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(files))
  const ended = once(child, 'close')
  const answer = (await json(child.stdout).catch(() => undefined)) as readonly (number | null)[] | undefined
  const [exitCode, signal] = (await ended) as [number | null, string | null]
  if (answer !== undefined) return answer
  throw new WuslaError('internal_error', {
    message: `The pages of a document could not be counted: the process ended with ${signal ?? exitCode}.`,
  })
}
