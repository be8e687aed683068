import { isWuslaError, WuslaError } from '../src/protocol/wusla-error.ts'
import type { GatewayTarget } from './target.ts'

/** What one gateway answered. */
export interface Answered<T> {
  readonly gateway: string
  readonly answer: T
}

/** A gateway that gave no answer, and why. */
export interface Unanswered {
  readonly gateway: string
  readonly error: WuslaError
}

/**
 * Asks all gateways at once: what those that answer know, and who did not.
 *
 * @throws WuslaError the failure that tells most, when nobody answers
 */
export async function askAll<T>(
  targets: readonly GatewayTarget[],
  ask: (target: GatewayTarget) => Promise<T>,
): Promise<{ readonly answers: readonly Answered<T>[]; readonly failures: readonly Unanswered[] }> {
  const results = await Promise.all(
    targets.map(async (target): Promise<Answered<T> | Unanswered> => {
      const gateway = target.id ?? target.url
      try {
        return { gateway, answer: await ask(target) }
      } catch (error) {
        if (isWuslaError(error)) return { gateway, error }
        throw error
      }
    }),
  )
  const answers = results.filter((result) => 'answer' in result)
  const failures = results.filter((result) => 'error' in result)
  if (answers.length === 0) throw tellingFailure(failures)
  return { answers, failures }
}

/**
 * Asks one gateway after the other until one answers.
 *
 * @throws WuslaError the failure that tells most, when none does
 */
export async function askUntilAnswered<T>(
  targets: readonly GatewayTarget[],
  ask: (target: GatewayTarget) => Promise<T>,
): Promise<T> {
  const failures: Unanswered[] = []
  for (const target of targets) {
    try {
      return await ask(target)
    } catch (error) {
      if (!isWuslaError(error)) throw error
      failures.push({ gateway: target.id ?? target.url, error })
    }
  }
  throw tellingFailure(failures)
}

/** From what tells least: "not found" is true of many, and says nothing while somebody could not be asked. */
const TELLS_LITTLE: readonly string[] = ['exchange_not_found', 'actor_unreachable']

function tellingFailure(failures: readonly Unanswered[]): WuslaError {
  const rank = ({ error }: Unanswered): number => {
    const place = TELLS_LITTLE.indexOf(error.code)
    return place === -1 ? TELLS_LITTLE.length : place
  }
  const [first, ...rest] = failures.toSorted((a, b) => rank(b) - rank(a))
  if (first === undefined) return new WuslaError('actor_unreachable')
  if (rest.length === 0) return first.error
  const { code, message, details } = first.error
  const asked = failures.map(({ gateway, error }) => `${gateway}: ${error.code}`)
  return new WuslaError(code, { message, details: { ...details, asked }, cause: first.error })
}

/** Rows that several gateways hold, each once, with the names of its holders. */
export function mergeRows<Row extends object>(
  answers: readonly Answered<readonly Row[]>[],
  keyOf: (row: Row) => string,
): (Row & { readonly gateways: readonly string[] })[] {
  const merged = new Map<string, Row & { readonly gateways: readonly string[] }>()
  for (const { gateway, answer } of answers) {
    for (const row of answer) {
      const before = merged.get(keyOf(row))
      merged.set(keyOf(row), { ...(before ?? row), gateways: [...(before?.gateways ?? []), gateway] })
    }
  }
  return [...merged.values()]
}

/** Gateways that gave no answer, for programs; nothing when all did. */
export function failed(failures: readonly Unanswered[]): {
  readonly failed?: readonly { readonly gateway: string; readonly code: string }[]
} {
  if (failures.length === 0) return {}
  return { failed: failures.map(({ gateway, error }) => ({ gateway, code: error.code })) }
}
