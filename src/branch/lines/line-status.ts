import type { LineFacts } from '../branch-directory.ts'
import type { LineUse } from './line-meter.ts'
import type { UseRate } from './rate-meter.ts'

/** Both directions of a line, seen from this branch. */
export interface BothWays {
  /** To the neighbour. */
  readonly out: number
  /** From the neighbour. */
  readonly in: number
}

/** What passes between this branch and one neighbour, and what may. */
export interface LineStatus {
  /** The gateway or branch at the other end. */
  readonly neighbour: string
  /** Tunnel bytes since the start. */
  readonly bytesOut: number
  readonly bytesIn: number
  /** Mbit/s as on the line, smoothed over about three seconds. */
  readonly usedMbps: BothWays
  /** The busiest second of the last five minutes, in Mbit/s. */
  readonly peakMbps: BothWays
  /** The lines registered between the two; none where the directory knows of none. */
  readonly lines: readonly LineFacts[]
  /** What these lines carry together in each direction, in Mbit/s; absent without any. */
  readonly capacityMbps?: number
  /** Used part of the capacity, 1 is full; absent without a registered line. */
  readonly utilisation?: BothWays
}

const IDLE: UseRate = Object.freeze({ mbps: 0, peakMbps: 0 })

/** Capacity of all lines between two ends together, in Mbit/s; `undefined` without any. */
export function totalCapacityMbps(lines: readonly LineFacts[]): number | undefined {
  return lines.length === 0 ? undefined : lines.reduce((sum, { capacityMbps }) => sum + capacityMbps, 0)
}

/** One entry for every neighbour to which a line is registered or something was sent since the start. */
export function readLineStatus(
  counts: ReadonlyMap<string, BothWays>,
  registered: ReadonlyMap<string, readonly LineFacts[]>,
  uses: ReadonlyMap<string, LineUse>,
): LineStatus[] {
  return [...new Set([...registered.keys(), ...counts.keys()])].map((neighbour) => {
    const lines = registered.get(neighbour) ?? []
    const count = counts.get(neighbour)
    const use = uses.get(neighbour)
    const [out, back] = [roundedUse(use?.out ?? IDLE), roundedUse(use?.in ?? IDLE)]
    const capacityMbps = totalCapacityMbps(lines)
    const part = (mbps: number): number => Math.round((mbps / (capacityMbps ?? 1)) * 1_000) / 1_000
    return {
      neighbour,
      bytesOut: count?.out ?? 0,
      bytesIn: count?.in ?? 0,
      usedMbps: { out: out.mbps, in: back.mbps },
      peakMbps: { out: out.peakMbps, in: back.peakMbps },
      lines,
      ...(capacityMbps === undefined
        ? {}
        : { capacityMbps, utilisation: { out: part(out.mbps), in: part(back.mbps) } }),
    }
  })
}

/** A rate for people: three decimals of a Mbit/s. */
export function roundedUse({ mbps, peakMbps }: UseRate): UseRate {
  return { mbps: Math.round(mbps * 1_000) / 1_000, peakMbps: Math.round(peakMbps * 1_000) / 1_000 }
}
