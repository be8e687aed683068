import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What `wusla …` printed, and how it ended. */
export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))

/** Runs `wusla …` in a process of its own, with nothing of the reader's own environment that names an actor. */
export async function runWusla(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('WUSLA_'))
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      [LAUNCHER, ...args],
      { env: { ...Object.fromEntries(clean), HOME: '/nonexistent', ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      },
    )
  })
}
