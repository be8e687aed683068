import type { BranchRecord } from '../directory/directory-record.ts'
import type { Directory } from '../directory/directory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { EventSink } from '../protocol/event.ts'
import { parseVkey } from '../trust/note-key.ts'
import type { Publisher } from './publisher.ts'
import type { RegistryEvent } from './registry-event.ts'

interface WitnessCollectorOptions {
  readonly directory: Directory
  readonly ledger: Ledger
  readonly publisher: Publisher
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<RegistryEvent>
}

/** Pause between two rounds, so that a burst of changes is witnessed once, in milliseconds. */
const ROUND_PAUSE_MS = 500
const TIMEOUT_MS = 5_000

/**
 * Asks the branches to cosign each new checkpoint of the directory (C2SP tlog-witness), in the background: nothing ever
 * waits for a witness.
 */
export class WitnessCollector {
  readonly #options: WitnessCollectorOptions
  /** Size each witness cosigned last, as it told us. */
  readonly #seen = new Map<string, number>()
  readonly #stopped = new AbortController()

  constructor(options: WitnessCollectorOptions) {
    this.#options = options
  }

  /** Starts the rounds. @returns how to stop them */
  start(): () => Promise<void> {
    const running = this.#run()
    return async () => {
      this.#stopped.abort()
      this.#options.publisher.releaseAll()
      await running
    }
  }

  async #run(): Promise<void> {
    const { ledger, publisher, directory } = this.#options
    const { signal } = this.#stopped
    let size = 0
    let branches = 0
    while (!signal.aborted) {
      const active = directory.branches()
      if (ledger.size > size || active.length > branches) {
        size = ledger.size
        branches = active.length
        await Promise.all(active.map(async (branch) => await this.#ask(branch)))
        await publisher.nextChange(ROUND_PAUSE_MS, signal)
      } else {
        await publisher.nextChange(10_000, signal)
      }
    }
  }

  async #ask({ branch, mirrorUrl, witnessKey }: BranchRecord): Promise<void> {
    const { ledger, onEvent } = this.#options
    try {
      const answer = await this.#submit(branch, mirrorUrl, this.#seen.get(branch) ?? 0)
      if (answer === undefined) return
      const added = await ledger.addCosignatures(answer.size, answer.lines, [parseVkey(witnessKey)])
      if (added > 0) onEvent({ kind: 'checkpoint_cosigned', size: answer.size, witness: branch })
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      onEvent({
        kind: 'witness_failed',
        witness: branch,
        detail: error instanceof Error ? error.message : String(error),
      })
    }
  }

  async #submit(
    branch: string,
    mirrorUrl: string,
    old: number,
    mayRetry = true,
  ): Promise<{ size: number; lines: string } | undefined> {
    const { ledger, fetch } = this.#options
    const note = ledger.latestCheckpoint()
    const size = Number(note.split('\n')[1])
    if (size === old) return undefined
    const proof = old === 0 ? [] : await ledger.consistencyProof(old, size)
    const body = `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
    const response = await fetch(`${mirrorUrl}/witness/add-checkpoint`, { method: 'POST', body, signal })
    const text = await response.text()
    if (response.status === 409 && mayRetry) {
      this.#seen.set(branch, Number(text.trim()))
      return await this.#submit(branch, mirrorUrl, Number(text.trim()), false)
    }
    if (!response.ok) throw new Error(`witness answered ${response.status}`)
    this.#seen.set(branch, size)
    return { size, lines: text }
  }
}
