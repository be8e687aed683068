import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RETIRED_FILE } from '../src/branch/retired-file.ts'
import { WuslaError } from '../src/protocol/wusla-error.ts'

/** One program to keep running. */
export interface Program {
  readonly name: string
  readonly directory: string
  /** Arguments after the runtime: a script and what it takes. */
  readonly args: readonly string[]
}

interface Supervised {
  readonly program: Program
  child: ChildProcess
  restarts: number
}

/** Longest wait before a program that keeps ending is started again, in milliseconds. */
const MAX_BACKOFF_MS = 5_000

/** How often it is looked whether a program still has to stay down, in milliseconds. */
const STAY_DOWN_LOOK_MS = 100

/** A file of this name in a program's folder keeps the program down once it has ended, until the file is gone. */
export const STAY_DOWN = 'stay-down'

/**
 * Keeps the programs of the sandbox running, as a service manager would in a data centre: one that ends is started
 * again, soon at first and slower when it keeps ending, and not at all while a file {@link STAY_DOWN} lies in its folder, nor ever again when it says that it was retired. A
 * program says that it is ready by writing `running.json` with its process id to its folder.
 */
export class Supervisor {
  readonly #programs = new Map<string, Supervised>()
  readonly #onChange: () => void
  readonly #restart: boolean
  #stopping = false
  #stop: Promise<void> | undefined

  /** @param onChange told whenever a process id changed */
  constructor(options: { readonly restart: boolean; readonly onChange: () => void }) {
    this.#onChange = options.onChange
    this.#restart = options.restart
  }

  /** Starts a program and resolves when it is ready. @throws WuslaError `actor_not_started` when it is not within 60 s. */
  async start(program: Program): Promise<void> {
    await rm(join(program.directory, 'running.json'), { force: true })
    if (this.#stopping) throw notStarted(program)
    const child = this.#spawn(program)
    const supervised: Supervised = { program, child, restarts: 0 }
    this.#programs.set(program.name, supervised)
    this.#watch(supervised)
    await this.#untilReady(supervised)
  }

  has(name: string): boolean {
    return this.#programs.has(name)
  }

  pid(name: string): number {
    return this.#programs.get(name)?.child.pid ?? 0
  }

  /** Ends the programs in the opposite order of their start, each with time to close in good order. Once is enough. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#stop ??= this.#endAll()
    await this.#stop
  }

  async #endAll(): Promise<void> {
    for (const { child } of [...this.#programs.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      // The network ends as a whole: there is nobody to hand over to.
      child.kill('SIGINT')
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(late)
    }
  }

  #spawn(program: Program): ChildProcess {
    mkdirSync(program.directory, { recursive: true })
    const log = openSync(join(program.directory, 'wusla.log'), 'a')
    const child = spawn(process.execPath, [...program.args], { stdio: ['ignore', log, log] })
    closeSync(log)
    // Whoever cleans up after this process finds the program even when it was not ready yet.
    writeFileSync(join(program.directory, 'started.json'), `${JSON.stringify({ pid: child.pid })}\n`)
    return child
  }

  #watch(supervised: Supervised): void {
    const startedMs = Date.now()
    supervised.child.once('exit', () => {
      if (existsSync(join(supervised.program.directory, RETIRED_FILE))) {
        this.#programs.delete(supervised.program.name)
        this.#onChange()
      }
      if (this.#stopping || !this.#restart || !this.#programs.has(supervised.program.name)) return
      // A program that ran for a while earns a fresh start; one that ends at once waits longer each time.
      supervised.restarts = Date.now() - startedMs > 10_000 ? 1 : supervised.restarts + 1
      const waitMs = Math.min(MAX_BACKOFF_MS, 100 * 2 ** (supervised.restarts - 1))
      this.#startLater(supervised, waitMs)
    })
  }

  #startLater(supervised: Supervised, waitMs: number): void {
    setTimeout(() => {
      if (this.#stopping) return
      if (existsSync(join(supervised.program.directory, STAY_DOWN)))
        this.#startLater(supervised, STAY_DOWN_LOOK_MS)
      else void this.#startAgain(supervised)
    }, waitMs)
  }

  async #startAgain(supervised: Supervised): Promise<void> {
    await rm(join(supervised.program.directory, 'running.json'), { force: true })
    if (this.#stopping) return
    supervised.child = this.#spawn(supervised.program)
    this.#watch(supervised)
    try {
      await this.#untilReady(supervised)
      this.#onChange()
    } catch (error) {
      // It is watched all the same: when this attempt ends, the next one begins.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
  }

  async #untilReady({ program, child }: Supervised): Promise<void> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 25) {
      if (child.exitCode !== null || child.signalCode !== null) break
      if (await isReady(program, child.pid)) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw notStarted(program)
  }
}

function notStarted({ name, directory }: Program): WuslaError {
  return new WuslaError('actor_not_started', {
    message: `${name} did not get ready.`,
    details: { log: join(directory, 'wusla.log') },
  })
}

async function isReady(program: Program, pid: number | undefined): Promise<boolean> {
  const text = await readFile(join(program.directory, 'running.json'), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { pid?: number }).pid === pid
}
