import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Host } from './namespaces.ts'

const LAUNCHER = fileURLToPath(new URL('../../../cli/bin/wusla.js', import.meta.url))

/** Runs `wusla …` on a host and gives what it printed as JSON. @throws Error with what it said */
export async function wuslaOn(host: Host, ...args: string[]): Promise<Readonly<Record<string, unknown>>> {
  const command = ['netns', 'exec', host.namespace, process.execPath, LAUNCHER, ...args, '--json']
  const { stdout } = await promisify(execFile)('ip', command)
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}

/** Starts `wusla …` on a host, with its words in a file. `ip netns exec` becomes the program: one process, one pid. */
export function startWusla(host: Host, args: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  const command = ['netns', 'exec', host.namespace, process.execPath, LAUNCHER, ...args]
  const child = spawn('ip', command, { stdio: ['ignore', log, log] })
  closeSync(log)
  return child
}

/**
 * One of the programs of this folder on a host, which answers messages: so a test reaches into a namespace that has no
 * line to the test itself.
 */
export class HostProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', ({ n, result, error }: { n: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(n)
      this.#waiting.delete(n)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error))
    })
    child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the program ended with ${code}`))
    })
  }

  /** @param program - file name in this folder; it must report with {@link serve} */
  static async start(host: Host, program: string, ...args: string[]): Promise<HostProgram> {
    const file = fileURLToPath(new URL(program, import.meta.url))
    const child = spawn('ip', ['netns', 'exec', host.namespace, process.execPath, file, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const started = new HostProgram(child)
    await started.ask('ready')
    return started
  }

  async ask(question: string, detail?: unknown): Promise<unknown> {
    this.#asked += 1
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(this.#asked, answer)
    this.#child.send({ n: this.#asked, question, detail })
    return await answer.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}

/** The other end of {@link HostProgram}: answers until the test lets go of the program, then ends it. */
export function serve(answers: Readonly<Record<string, (detail: never) => unknown>>): void {
  process.on('message', ({ n, question, detail }: { n: number; question: string; detail: never }) => {
    void (async () => {
      try {
        const result = question === 'ready' ? true : await answers[question]?.(detail)
        process.send?.({ n, result })
      } catch (error) {
        process.send?.({ n, error: error instanceof Error ? `${error.stack}` : String(error) })
      }
    })()
  })
  process.on('disconnect', () => process.exit())
}
