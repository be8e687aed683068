import { unlessFailed } from './direct/direct-first.ts'
import type { DirectPaths } from './direct/direct-paths.ts'
import { attemptsOf, DIRECT, type FailedAttempt, impossibleAttempts, MAX_TRIED } from './failed-attempt.ts'
import { firstToSucceed } from './first-to-succeed.ts'
import type { EstablishedSession } from './peer-sessions.ts'

/** A session over a far line stands in less; one more than was needed does no harm. Unit: milliseconds. */
const HEAD_START_MS = 500

interface RoundOptions {
  readonly member: string
  /** Gateways that will do, best first. */
  readonly gateways: readonly string[]
  /** Branches with a live link. */
  readonly branches: () => readonly string[]
  /** The same, best first for one gateway. */
  readonly ranked: (gateway: string) => Promise<readonly string[]>
  readonly direct: Pick<DirectPaths, 'attempt' | 'failure'> | undefined
  /** A session that came meanwhile. */
  readonly current: () => EstablishedSession | undefined
  readonly attempt: (gateway: string, branch: string) => Promise<EstablishedSession>
  /** How long an attempt over one branch is waited for before one over the next begins beside it, in milliseconds. Default 500. */
  readonly headStartMs: number | undefined
  /** Nobody waits any more. */
  readonly signal: AbortSignal
}

/**
 * One round of attempts at a session: through branches and directly at the same time, so that neither a dead direct
 * address nor a silent branch holds up the way over another.
 *
 * @returns the first session that stands, or why none does
 */
export async function attemptRound(
  options: RoundOptions,
): Promise<EstablishedSession | { readonly tried: readonly FailedAttempt[] }> {
  const { gateways, direct } = options
  const directly = gateways.flatMap((gateway) => direct?.attempt(gateway) ?? [])
  return await Promise.race([throughBranches(options), ...directly.map(unlessFailed)])
}

async function throughBranches(
  options: RoundOptions,
): Promise<EstablishedSession | { readonly tried: readonly FailedAttempt[] }> {
  const { member, gateways, branches, direct, current, attempt } = options
  const tried = impossibleAttempts(member, gateways, branches())
  const orders = new Map(
    await Promise.all(gateways.map(async (gateway) => [gateway, await options.ranked(gateway)] as const)),
  )
  // A link that came up since then is tried after those that were asked.
  const inOrder = (gateway: string): string[] => {
    const live = new Set(branches())
    const ranked = (orders.get(gateway) ?? []).filter((branch) => live.has(branch))
    return [...new Set([...ranked, ...live])]
  }
  const begun = new Set<string>()
  // Asked again while attempts hang: a link may come up meanwhile, or the peer may open a session by itself.
  const next = (): (() => Promise<EstablishedSession>) | undefined => {
    const established = current()
    if (established !== undefined) return () => Promise.resolve(established)
    for (const gateway of gateways) {
      const branch = inOrder(gateway).find((one) => !begun.has(`${gateway} ${one}`))
      if (branch === undefined) continue
      begun.add(`${gateway} ${branch}`)
      return async () =>
        await attempt(gateway, branch).catch((cause: unknown) => {
          tried.push(...attemptsOf(gateway, branch, cause))
          throw cause
        })
    }
    return undefined
  }
  const established = await firstToSucceed(next, options.headStartMs ?? HEAD_START_MS, options.signal)
  if (established !== undefined) return established
  for (const gateway of gateways) {
    const failure = direct?.failure(gateway)
    if (failure !== undefined) tried.push(...attemptsOf(gateway, DIRECT, failure))
  }
  return { tried: tried.slice(0, MAX_TRIED) }
}
