import type { Clock } from '../../protocol/clock.ts'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { ProcessStatus } from './process-answer.ts'
import type { Wake } from './wake.ts'

/** After a callback the result may be a moment behind the browser: then it is asked this often, milliseconds. */
const EAGER_MS = 250
/** How many times. A forged callback costs no more than that. */
const EAGER_ROUNDS = 8

/** What waiting needs. */
export interface ResultWait {
  /** @returns undefined while the process is not finished */
  readonly ask: (signal: AbortSignal | undefined) => Promise<ProcessStatus | undefined>
  readonly wake: Wake
  readonly clock: Clock
  readonly pollMs: number
  readonly patienceMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Asks the provider until the person has decided. A provider that is away for a while ends nothing: people are slow, and the
 * result stays there.
 *
 * @throws WuslaError `signing_timed_out`; `identity_provider_unreachable` when it was away at the end; what `ask` throws else
 */
export async function waitForResult(wait: ResultWait): Promise<ProcessStatus> {
  const { ask, wake, clock, pollMs, patienceMs, signal } = wait
  const deadlineMs = clock.nowMs() + patienceMs
  let eagerRounds = 0
  for (;;) {
    let away: WuslaError | undefined
    try {
      const status = await ask(signal)
      if (status !== undefined) return status
    } catch (error) {
      if (!isWuslaError(error) || error.code !== 'identity_provider_unreachable') throw error
      away = error
    }
    const leftMs = deadlineMs - clock.nowMs()
    if (leftMs <= 0) throw away ?? new WuslaError('signing_timed_out')
    const pauseMs = eagerRounds > 0 ? Math.min(EAGER_MS, pollMs) : pollMs
    eagerRounds = (await wake.wait(Math.min(pauseMs, leftMs), signal)) ? EAGER_ROUNDS : eagerRounds - 1
  }
}
