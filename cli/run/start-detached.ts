import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/** What an actor writes to `running.json` in its state folder once it is ready. */
export interface RunningFile {
  readonly pid: number
  readonly [address: string]: string | number
}

/** The launcher of the command line, for processes that outlive this one. */
export const LAUNCHER: string = fileURLToPath(new URL('../bin/wusla.js', import.meta.url))

/**
 * Starts `wusla …` as a process of its own that outlives this one; its words go to `wusla.log` in the state folder.
 * Resolves when it has written `running.json`.
 *
 * @throws WuslaError `actor_not_started` when it ends first or is not ready within 20 s.
 */
export async function startDetached(args: readonly string[], directory: string): Promise<RunningFile> {
  const runningFile = join(directory, 'running.json')
  await rm(runningFile, { force: true })
  const log = openSync(join(directory, 'wusla.log'), 'a')
  const child = spawn(process.execPath, [LAUNCHER, ...args], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  child.unref()
  for (let waitedMs = 0; waitedMs < 20_000 && child.exitCode === null; waitedMs += 50) {
    const running = await readRunning(runningFile, child.pid)
    if (running !== undefined) return running
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new WuslaError('actor_not_started', { details: { log: join(directory, 'wusla.log') } })
}

async function readRunning(file: string, pid: number | undefined): Promise<RunningFile | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const running = JSON.parse(text) as RunningFile
  return running.pid === pid ? running : undefined
}
