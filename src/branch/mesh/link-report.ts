import type { LinkReport } from '../../transport/branch-control.ts'
import type { LineFacts } from '../branch-directory.ts'

/** How much of a line's capacity its use must move before everybody is told. */
const NOTICEABLE_SHARE = 0.05

/** How far the use of a link without a registered capacity must move, beside a quarter of itself. Unit: Mbit/s. */
const NOTICEABLE_MBPS = 1

/**
 * Whether a link has moved so far from what was reported that every branch should hear of it. The dead band is the
 * hysteresis of path choice: a figure that trembles around a step of the cost stays at one side of it.
 *
 * @param lines - the lines registered between the two branches
 */
export function isWorthReport(
  reported: LinkReport,
  now: LinkReport,
  lines: readonly Pick<LineFacts, 'capacityMbps'>[],
): boolean {
  const movedMs = Math.abs(now.rttMs - reported.rttMs)
  if (movedMs > 0.5 && movedMs > reported.rttMs / 4) return true
  if (now.usedMbps === undefined || reported.usedMbps === undefined) return now.usedMbps !== reported.usedMbps
  const movedMbps = Math.abs(now.usedMbps - reported.usedMbps)
  const capacityMbps = lines.reduce((sum, line) => sum + line.capacityMbps, 0)
  if (capacityMbps > 0) return movedMbps > capacityMbps * NOTICEABLE_SHARE
  return movedMbps > NOTICEABLE_MBPS && movedMbps > reported.usedMbps / 4
}
