import { crc32 } from 'node:zlib'
import type { QuotaKey } from './quota-store.ts'

/** How a quota stands on one day. */
export interface QuotaState {
  /** Units taken, those that were lost included. */
  readonly taken: number
  /** Units that the node has in hand at most: lost if it dies. */
  readonly inHand: number
  /** Units that were in hand when the node died, on this day. */
  readonly lost: number
}

/** A name of a key within one day, and the way back. */
export const nameOf = ({ agreement, grant, limit }: QuotaKey): string => `${agreement} ${grant} ${limit}`

/**
 * One line of the journal: how a quota stands from here on.
 *
 * ```
 * 8 hex digits of CRC-32 SP day SP agreement SP grant SP limit SP taken SP in hand SP lost LF
 * ```
 */
export function formatLine(day: string, name: string, { taken, inHand, lost }: QuotaState): string {
  const text = `${day} ${name} ${taken} ${inHand} ${lost}`
  return `${checksum(text)} ${text}\n`
}

/** How quotas stand after these lines, by day and name. A line that a power cut broke was never relied on: it is passed over. */
export function readLines(text: string): Map<string, Map<string, QuotaState>> {
  const days = new Map<string, Map<string, QuotaState>>()
  for (const line of text.split('\n')) {
    const rest = line.slice(9)
    if (line.slice(0, 8) !== checksum(rest)) continue
    const [day = '', agreement, grant, limit, ...numbers] = rest.split(' ')
    const [taken = 0, inHand = 0, lost = 0] = numbers.map(Number)
    const names = days.get(day) ?? new Map<string, QuotaState>()
    names.set(`${agreement} ${grant} ${limit}`, { taken, inHand, lost })
    days.set(day, names)
  }
  return days
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
