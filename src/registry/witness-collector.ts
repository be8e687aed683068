import type { BranchRecord } from '../directory/directory-record.ts'
import type { Directory } from '../directory/directory.ts'
import { askWitness } from '../ledger/ask-witness.ts'
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
/** Longest wait when nothing changes; a branch that was away is asked again then, in milliseconds. */
const IDLE_PAUSE_MS = 10_000
const TIMEOUT_MS = 5_000

/**
 * Asks the branches to cosign each new checkpoint of the directory (C2SP tlog-witness), in the background: nothing ever
 * waits for a witness.
 */
export class WitnessCollector {
  readonly #options: WitnessCollectorOptions
  /** Size each witness cosigned last, as it told us. */
  readonly #known = new Map<string, number>()
  readonly #stopped = new AbortController()

  constructor(options: WitnessCollectorOptions) {
    this.#options = options
  }

  /** Starts the rounds. @returns how to stop them */
  start(): () => Promise<void> {
    const running = this.#run()
    return async () => {
      this.#stopped.abort()
      await running
    }
  }

  async #run(): Promise<void> {
    const { ledger, publisher, directory } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const behind = directory.branches().filter(({ branch }) => (this.#known.get(branch) ?? 0) < ledger.size)
      await Promise.all(behind.map(async (branch) => await this.#ask(branch)))
      await publisher.nextChange(
        AbortSignal.any([signal, AbortSignal.timeout(behind.length > 0 ? ROUND_PAUSE_MS : IDLE_PAUSE_MS)]),
      )
    }
  }

  async #ask({ branch, mirrorUrl, witnessKey }: BranchRecord): Promise<void> {
    const { ledger, directory, fetch, onEvent } = this.#options
    try {
      const contact = {
        key: parseVkey(witnessKey),
        post: async (body: string) => {
          const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
          const response = await fetch(`${mirrorUrl}/witness/add-checkpoint`, {
            method: 'POST',
            body,
            signal,
          })
          return { status: response.status, body: await response.text() }
        },
      }
      const log = parseVkey(directory.anchor.logKey)
      const reply = await askWitness(ledger, log, contact, this.#known.get(branch) ?? 0)
      if (!reply.ok) throw new Error(`refused: ${reply.reason}`)
      this.#known.set(branch, reply.size)
      onEvent({ kind: 'checkpoint_cosigned', size: reply.size, witness: branch })
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      onEvent({
        kind: 'witness_failed',
        witness: branch,
        detail: error instanceof Error ? error.message : String(error),
      })
    }
  }
}
