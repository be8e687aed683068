import { formatTime, parseTime } from '../../protocol/clock.ts'
import { GRANT_LEEWAY_MS } from '../grant-leeway.ts'
import type { MandateRecord, MandateStanding } from '../directory-record.ts'
import type { DirectoryState } from './directory-state.ts'

/** The mandate, the one it was delegated from, and so on to the first. Empty: there is none of this id. */
export function mandateChain(state: DirectoryState, mandate: string): readonly MandateRecord[] {
  const chain: MandateRecord[] = []
  // The rules bound its depth, and a parent is there before its part: it ends.
  for (let id: string | undefined = mandate; id !== undefined;) {
    const record = state.mandates.get(id)
    if (record === undefined) break
    chain.push(record)
    id = record.delegatedFrom
  }
  return chain
}

/** Whether somebody may sign under this mandate at `time`: `docs/spec/directory.md`, 4.8.4. */
export function mandateStandingAt(state: DirectoryState, mandate: string, time: string): MandateStanding {
  const chain = mandateChain(state, mandate)
  const [record] = chain
  if (record === undefined) return { standing: 'unknown' }
  if (chain.some(({ endedAt }) => endedAt !== undefined && time >= endedAt)) return { standing: 'ended' }
  if (time >= record.validUntil) return { standing: 'expired' }
  const grantedBy = formatTime(parseTime(time) + GRANT_LEEWAY_MS)
  const isGranted = chain.every(({ grantedAt }) => grantedAt <= grantedBy)
  return time < record.validFrom || !isGranted ? { standing: 'not_yet' } : { standing: 'valid', record }
}
