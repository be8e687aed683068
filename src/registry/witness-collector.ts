import type { BranchRecord } from '../directory/directory-record.ts'
import type { Directory } from '../directory/directory.ts'
import { askWitness } from '../ledger/ask-witness.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { parseVkey } from '../trust/note-key.ts'
import type { Publisher } from './publisher.ts'
import type { RegistryEvent } from './registry-event.ts'

interface WitnessCollectorOptions {
  readonly directory: Directory
  readonly ledger: Ledger
  readonly publisher: Publisher
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<RegistryEvent>
}

/** Pause between two rounds, so that a burst of changes is witnessed once, in milliseconds. */
const ROUND_PAUSE_MS = 500
/** Longest wait when nothing changes; a branch that was away is asked again then, in milliseconds. */
const IDLE_PAUSE_MS = 10_000
const TIMEOUT_MS = 5_000
/** A branch that fails is left alone for twice as long each time, up to this, in milliseconds. */
const MAX_RETRY_MS = 60_000
/** Longest answer of a witness, in bytes: a few lines. */
const MAX_ANSWER_BYTES = 8_192

/** What is known of one witness. */
interface Known {
  /** Size it cosigned last, as it told us. */
  readonly size: number
  readonly failures: number
  readonly retryAtMs: number
  /** When it failed first since it last cosigned, and why it failed last; 0 while it does not fail. */
  readonly failingSinceMs: number
  readonly detail: string
}

const NOTHING_KNOWN: Known = { size: 0, failures: 0, retryAtMs: 0, failingSinceMs: 0, detail: '' }

/** How one branch stands as a witness of the directory. */
export interface WitnessStanding {
  readonly branch: string
  /** Size of the checkpoint it cosigned last; 0: none since the registry started, or it fails. */
  readonly size: number
  /** Whether that is the newest checkpoint. */
  readonly isCurrent: boolean
  readonly failures: number
  /** With failures: since when, and the newest reason. */
  readonly failingSince?: string
  readonly detail?: string
}

/**
 * Asks the branches to cosign each new checkpoint of the directory (C2SP tlog-witness), in the background: nothing ever
 * waits for a witness.
 */
export class WitnessCollector {
  readonly #options: WitnessCollectorOptions
  readonly #known = new Map<string, Known>()
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

  /** How every branch stands now. */
  list(): WitnessStanding[] {
    const { directory, ledger } = this.#options
    return directory.branches().map(({ branch }) => {
      const { size, failures, failingSinceMs, detail } = this.#knownOf(branch)
      const failing = failures === 0 ? {} : { failingSince: formatTime(failingSinceMs), detail }
      return { branch, size, isCurrent: size >= ledger.checkpointSize, failures, ...failing }
    })
  }

  async #run(): Promise<void> {
    const { ledger, publisher } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const asked = this.#due()
      await Promise.all(asked.map((branch) => this.#ask(branch)))
      const isUpToDate = asked.length === 0 && this.#behind(ledger.checkpointSize).length === 0
      const pause = AbortSignal.timeout(isUpToDate ? IDLE_PAUSE_MS : ROUND_PAUSE_MS)
      await publisher.nextChange(AbortSignal.any([signal, pause]))
    }
  }

  #behind(size: number): BranchRecord[] {
    return this.#options.directory.branches().filter(({ branch }) => this.#knownOf(branch).size < size)
  }

  #due(): BranchRecord[] {
    const nowMs = this.#options.clock.nowMs()
    const behind = this.#behind(this.#options.ledger.checkpointSize)
    return behind.filter(({ branch }) => this.#knownOf(branch).retryAtMs <= nowMs)
  }

  #knownOf(branch: string): Known {
    return this.#known.get(branch) ?? NOTHING_KNOWN
  }

  async #ask({ branch, mirrorUrl, witnessKey }: BranchRecord): Promise<void> {
    const { ledger, directory, onEvent } = this.#options
    const { size: knownSize } = this.#knownOf(branch)
    try {
      const contact = { key: parseVkey(witnessKey), post: (body: string) => this.#post(mirrorUrl, body) }
      const reply = await askWitness(ledger, parseVkey(directory.anchor.logKey), contact, knownSize)
      if (reply.ok) {
        this.#known.set(branch, { ...NOTHING_KNOWN, size: reply.size })
        onEvent({ kind: 'checkpoint_cosigned', size: reply.size, witness: branch })
        return
      }
      if (reply.reason === 'ahead') {
        onEvent({ kind: 'witness_ahead', witness: branch, seenSize: reply.size, size: ledger.checkpointSize })
      }
      this.#failed(branch, reply.reason)
    } catch (error) {
      if (!this.#stopped.signal.aborted)
        this.#failed(branch, error instanceof Error ? error.message : String(error))
    }
  }

  #failed(branch: string, detail: string): void {
    const { clock, onEvent } = this.#options
    const known = this.#knownOf(branch)
    const failures = known.failures + 1
    const failingSinceMs = known.failures === 0 ? clock.nowMs() : known.failingSinceMs
    const retryMs = Math.min(MAX_RETRY_MS, ROUND_PAUSE_MS * 2 ** failures)
    // What it was thought to have is forgotten: the witness tells again.
    const retryAtMs = clock.nowMs() + retryMs
    this.#known.set(branch, { size: 0, failures, retryAtMs, failingSinceMs, detail })
    onEvent({ kind: 'witness_failed', witness: branch, detail })
  }

  async #post(mirrorUrl: string, body: string): Promise<{ status: number; body: string }> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
    const url = `${mirrorUrl}/witness/add-checkpoint`
    const response = await this.#options.fetch(url, { method: 'POST', body, signal, redirect: 'error' })
    let text = ''
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long')
    }
    return { status: response.status, body: Buffer.from(text, 'latin1').toString('utf8') }
  }
}
