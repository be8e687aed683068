import { setTimeout as wait } from 'node:timers/promises'
import type { LinkState } from '../../src/planner/model-from-directory.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { callApi } from '../api-client.ts'

/** The parts of a branch's status that a plan needs. */
interface StatusParts {
  readonly branch: string
  readonly links?: readonly { readonly branch: string; readonly rttMs?: number }[]
  readonly pairs?: readonly {
    readonly from: string
    readonly target: string
    readonly bytesForward: number
    readonly bytesBack: number
  }[]
}

/**
 * What branches have measured: round trips now, and with `measureS` the traffic that passes in so many seconds. A branch
 * tells this to its own machine only; `onSilent` hears which ones did not.
 */
export async function readLinkState(
  branchUrls: readonly string[],
  measureS: number,
  onSilent: (url: string) => void,
): Promise<LinkState> {
  const before = await readAll(branchUrls, onSilent)
  const roundTrips = before.flatMap(({ branch, links = [] }) =>
    links.flatMap(({ branch: other, rttMs }) =>
      rttMs === undefined ? [] : [{ ends: [branch, other] as const, rttMs }],
    ),
  )
  if (measureS === 0) return { roundTrips, demands: [] }
  const startedMs = performance.now()
  await wait(measureS * 1_000)
  const after = await readAll(branchUrls, onSilent)
  const seconds = (performance.now() - startedMs) / 1_000
  return { roundTrips, demands: trafficBetween(before, after, seconds) }
}

async function readAll(urls: readonly string[], onSilent: (url: string) => void): Promise<StatusParts[]> {
  const answers = await Promise.all(
    urls.map(async (url) => {
      try {
        return (await callApi({ url, token: '' }, 'GET', '/status')) as StatusParts
      } catch (error) {
        // A branch elsewhere, or one that is down: the plan is made without what it would have told.
        if (!isWuslaError(error)) throw error
        onSilent(url)
        return undefined
      }
    }),
  )
  return answers.filter((answer) => answer !== undefined)
}

/** What each pair of gateways exchanged meanwhile. Every branch on the way counts the same bytes: the largest count holds. */
function trafficBetween(
  before: readonly StatusParts[],
  after: readonly StatusParts[],
  seconds: number,
): LinkState['demands'] {
  const counted = new Map<
    string,
    { readonly from: string; readonly to: string; mbps: number; backMbps: number }
  >()
  const mbps = (bytes: number): number => Math.max(0, (bytes * 8) / 1e6 / seconds)
  for (const { branch, pairs = [] } of after) {
    const earlier = before.find((status) => status.branch === branch)?.pairs ?? []
    for (const { from, target, bytesForward, bytesBack } of pairs) {
      const was = earlier.find((pair) => pair.from === from && pair.target === target)
      const key = `${from} ${target}`
      const known = counted.get(key) ?? { from, to: target, mbps: 0, backMbps: 0 }
      known.mbps = Math.max(known.mbps, mbps(bytesForward - (was?.bytesForward ?? 0)))
      known.backMbps = Math.max(known.backMbps, mbps(bytesBack - (was?.bytesBack ?? 0)))
      counted.set(key, known)
    }
  }
  return [...counted.values()].filter((demand) => demand.mbps > 0 || demand.backMbps > 0)
}
