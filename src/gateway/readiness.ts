import type { Directory } from '../directory/directory.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { EventSink } from '../protocol/event.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'

interface ReadinessOptions {
  readonly evidence: Pick<EvidenceStore, 'healthy'>
  readonly directory: Pick<Directory, 'network'>
  readonly directoryStaleMs: () => number
  readonly onEvent: EventSink<GatewayEvent>
}

/** Whether this gateway may take a new exchange: rather none than one that cannot be proven or judged. */
export class Readiness {
  readonly #options: ReadinessOptions
  #draining = false
  #leaving = false

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** From now on callers should go to another node; what comes all the same is taken. */
  leave(): void {
    this.#leaving = true
  }

  /** Whether callers should come here. */
  get isReady(): boolean {
    if (this.#leaving) return false
    try {
      this.assert()
      return true
    } catch (error) {
      if (isWuslaError(error)) return false
      throw error
    }
  }

  /** From now on no new exchange is taken; those under way go on. */
  drain(): void {
    this.#draining = true
  }

  /** @throws WuslaError `session_closed` while closing, `logging_failed`, `directory_stale` */
  assert(): void {
    if (this.#draining) throw new WuslaError('session_closed', { message: 'The gateway is closing.' })
    const { evidence, directory, directoryStaleMs } = this.#options
    if (!evidence.healthy) throw new WuslaError('logging_failed')
    const network = directory.network()
    if (network === undefined || directoryStaleMs() > network.maxStalenessMs)
      throw new WuslaError('directory_stale')
  }
}
