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
  /** Undefined for the moment until it is started for the first time. */
  child: ChildProcess | undefined
  restarts: number
}

/** Longest wait before a program that keeps ending is started again, in milliseconds. */
const MAX_BACKOFF_MS = 5_000

/** How often it is looked whether a program still has to stay down, in milliseconds. */
const STAY_DOWN_LOOK_MS = 100

/**
 * The memory of large pieces (documents, above all) goes back to the system when they are freed, instead of being kept for the next
 * ones: a machine that runs a whole network has better use for it. Read by glibc, ignored elsewhere.
 */
const FRUGAL = { MALLOC_TRIM_THRESHOLD_: '131072' }

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

  /**
   * Starts a program and resolves when it is ready.
   *
   * @param prepare - done once before, while the program counts as started already
   * @throws WuslaError `actor_not_started` when it is not ready within 60 s; what `prepare` throws
   */
  async start(program: Program, prepare?: () => Promise<void>): Promise<void> {
    const supervised: Supervised = { program, child: undefined, restarts: 0 }
    // Known at once: nobody must start it a second time while it is being started.
    this.#programs.set(program.name, supervised)
    try {
      await prepare?.()
    } catch (error) {
      // Nothing was started: whoever asks again starts from the beginning.
      this.#programs.delete(program.name)
      throw error
    }
    await rm(join(program.directory, 'running.json'), { force: true })
    if (this.#stopping) throw notStarted(program)
    await this.#untilReady(program, this.#spawn(supervised))
  }

  /** Whether a program was given to it, and has not been retired since. */
  has(name: string): boolean {
    return this.#programs.has(name)
  }

  pid(name: string): number {
    return this.#programs.get(name)?.child?.pid ?? 0
  }

  /** Ends the programs in the opposite order of their start, each with time to close in good order. Once is enough. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#stop ??= this.#endAll()
    await this.#stop
  }

  async #endAll(): Promise<void> {
    for (const { child } of [...this.#programs.values()].reverse()) {
      if (child === undefined || hasEnded(child)) continue
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      // The network ends as a whole: there is nobody to hand over to.
      child.kill('SIGINT')
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(late)
    }
  }

  #spawn(supervised: Supervised): ChildProcess {
    const { directory, args } = supervised.program
    mkdirSync(directory, { recursive: true })
    const log = openSync(join(directory, 'wusla.log'), 'a')
    const env = { ...process.env, ...FRUGAL }
    const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', log, log] })
    closeSync(log)
    // Whoever cleans up after this process finds the program even when it was not ready yet.
    writeFileSync(join(directory, 'started.json'), `${JSON.stringify({ pid: child.pid })}\n`)
    supervised.child = child
    const startedMs = Date.now()
    child.once('exit', () => this.#onExit(supervised, Date.now() - startedMs))
    return child
  }

  #onExit(supervised: Supervised, ranMs: number): void {
    const { name, directory } = supervised.program
    if (existsSync(join(directory, RETIRED_FILE))) {
      this.#programs.delete(name)
      this.#onChange()
      return
    }
    if (this.#stopping || !this.#restart) return
    // A program that ran for a while earns a fresh start; one that ends at once waits longer each time.
    supervised.restarts = ranMs > 10_000 ? 1 : supervised.restarts + 1
    this.#startLater(supervised, Math.min(MAX_BACKOFF_MS, 100 * 2 ** (supervised.restarts - 1)))
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
    const child = this.#spawn(supervised)
    try {
      await this.#untilReady(supervised.program, child)
      this.#onChange()
    } catch (error) {
      // It is watched all the same: when this attempt ends, the next one begins.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
  }

  async #untilReady(program: Program, child: ChildProcess): Promise<void> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 25) {
      if (hasEnded(child)) break
      if (await isReady(program, child.pid)) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw notStarted(program)
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function notStarted({ name, directory }: Program): WuslaError {
  return new WuslaError('actor_not_started', {
    message: `${name} did not get ready.`,
    details: { log: join(directory, 'wusla.log') },
  })
}

async function isReady(program: Program, pid: number | undefined): Promise<boolean> {
  const text = await readFile(join(program.directory, 'running.json'), 'utf8').catch(() => '')
  try {
    return (JSON.parse(text) as { pid?: number }).pid === pid
  } catch {
    // Not there, or half of it is: whoever is being started is not ready, and asked again.
    return false
  }
}
