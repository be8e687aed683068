import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { isSandboxRunning } from '../join/sandbox-entry.ts'
import { readSandbox } from '../sandbox-file.ts'

/** What a sandbox remembers of a mandate: which of its people holds it. No network publishes that. */
export interface NotedMandate {
  readonly persona: string
  readonly member: string
  readonly mandate: string
  readonly office: { readonly en: string; readonly ar: string }
  readonly kinds: readonly string[]
  readonly validUntil: string
}

/** Between two looks. Unit: ms. */
const LOOK_MS = 50
/** The sandbox looks four times a second. Unit: ms. */
const PATIENCE_MS = 10_000

/** Makes the mandate known to the sandbox, durably; resolves when `sandbox.json` of a running sandbox shows it. */
export async function noteMandate(state: string, noted: NotedMandate): Promise<void> {
  await mkdir(join(state, 'mandates'), { recursive: true, mode: 0o700 })
  await writePrivateFile(fileOf(state, noted.mandate), `${JSON.stringify(noted)}\n`)
  const isListed = (): boolean =>
    readSandbox(state).identity?.personas.some(({ mandates }) =>
      mandates.some(({ mandate }) => mandate === noted.mandate),
    ) === true
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    if (isListed() || !isSandboxRunning(state)) return
    await pause(LOOK_MS)
  }
}

/** Forgets a mandate that has ended, whoever noted it. */
export async function forgetMandate(state: string, mandate: string): Promise<void> {
  const folder = join(state, 'mandates')
  if (!existsSync(folder)) return
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const noted = JSON.parse(await readFile(file, 'utf8')) as NotedMandate
    if (noted.mandate === mandate) await rm(file)
  }
}

// Ids may begin with a hyphen or differ in case alone; a digest in hexadecimal does neither.
function fileOf(state: string, mandate: string): string {
  return join(state, 'mandates', `${createHash('sha256').update(mandate).digest('hex').slice(0, 32)}.json`)
}
