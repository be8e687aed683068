import { WuslaError } from '../protocol/wusla-error.ts'
import { isErrorCode } from '../protocol/error-codes.ts'
import type {
  OpenedMessage,
  OpenMessage,
  RefusedMessage,
  WeighedMessage,
  WeighMessage,
} from './branch-control.ts'
import type { LinkChannel } from './link-channel.ts'

type Answer = OpenedMessage | WeighedMessage

/** What a gateway has asked its branch and not been answered yet; answers are paired by their number. */
export class BranchQuestions {
  readonly #pending = new Map<number, (answer: Answer | RefusedMessage | WuslaError) => void>()
  #asked = 0

  /**
   * Asks and waits for the answer.
   *
   * @throws WuslaError what the branch refuses with; `branch_unreachable` when it does not answer in time;
   * `stream_cancelled` when the signal fired
   */
  async ask(
    channel: LinkChannel,
    question: Omit<OpenMessage, 'n'> | Omit<WeighMessage, 'n'>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (signal.aborted) throw new WuslaError('stream_cancelled')
    this.#asked += 1
    const n = this.#asked
    const { promise, resolve } = Promise.withResolvers<Answer | RefusedMessage | WuslaError>()
    const timer = setTimeout(() => resolve(unreachable('it did not answer in time')), timeoutMs)
    const onAbort = (): void => resolve(new WuslaError('stream_cancelled'))
    signal.addEventListener('abort', onAbort, { once: true })
    this.#pending.set(n, resolve)
    channel.send({ ...question, n })
    const answer = await promise
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    this.#pending.delete(n)
    if (answer instanceof WuslaError) throw answer
    if (answer.t === 'refused') throw refusal(answer)
    return answer
  }

  /** Takes an answer; one that comes too late finds nobody. */
  settle(answer: Answer | RefusedMessage): void {
    this.#pending.get(answer.n)?.(answer)
  }

  /** Fails all that wait. */
  fail(why: string): void {
    for (const settle of this.#pending.values()) settle(unreachable(why))
  }
}

/** A branch that cannot be used, and why. */
export function unreachable(why: string): WuslaError {
  return new WuslaError('branch_unreachable', { message: `The branch cannot be used: ${why}.` })
}

function refusal(answer: RefusedMessage): WuslaError {
  const code = isErrorCode(answer.code) ? answer.code : 'no_path'
  return new WuslaError(code, { message: answer.detail, details: { tried: answer.tried ?? [] } })
}
