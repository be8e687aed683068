import type { BranchDirectory, LineFacts } from '../branch-directory.ts'
import type { OpenTunnels } from '../tunnels/open-tunnels.ts'
import { type LineAlarmEvent, type LineAlarmLimits, LineAlarms, type LineLoad } from './line-alarms.ts'
import { LineMeter } from './line-meter.ts'
import { LineShares } from './line-shares.ts'
import { totalCapacityMbps } from './line-status.ts'

interface BranchLinesOptions {
  readonly branch: string
  readonly directory: Pick<BranchDirectory, 'neighboursOf' | 'linesBetween'>
  readonly limits: LineAlarmLimits & { readonly linePacePercent: number }
  readonly takeMoved: OpenTunnels['takeMoved']
  readonly onEvent: (event: LineAlarmEvent) => void
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

/** Between two samples of what passes, in milliseconds. */
const SAMPLE_MS = 1_000

/** The lines of a branch: measured once a second from `start` to `close`, watched, and shared between members. */
export class BranchLines {
  readonly meter: LineMeter
  readonly alarms: LineAlarms
  readonly shares: LineShares
  readonly #options: BranchLinesOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: BranchLinesOptions) {
    this.#options = options
    const { branch, directory, limits, onEvent, nowMs, takeMoved } = options
    const steadyMs = (): number => performance.now()
    this.meter = new LineMeter({ takeMoved, nowMs: steadyMs })
    this.alarms = new LineAlarms({ limits, onEvent, nowMs, steadyMs })
    this.shares = new LineShares({
      capacityMbps: (neighbour) => totalCapacityMbps(directory.linesBetween(branch, neighbour)),
      pacePercent: limits.linePacePercent,
    })
  }

  /** Begins to measure. */
  start(): void {
    this.#timer ??= setInterval(() => {
      this.meter.sample()
      this.alarms.heard(this.#loads())
    }, SAMPLE_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.shares.close()
  }

  /** The registered lines of this branch by the neighbour at the other end. */
  registered(): Map<string, readonly LineFacts[]> {
    const { branch, directory } = this.#options
    return new Map(
      directory
        .neighboursOf(branch)
        .map((neighbour) => [neighbour, directory.linesBetween(branch, neighbour)]),
    )
  }

  #loads(): LineLoad[] {
    const uses = this.meter.lines()
    return [...this.registered()].flatMap(([neighbour, facts]) => {
      const capacityMbps = totalCapacityMbps(facts)
      if (capacityMbps === undefined) return []
      const lines = facts.map(({ line }) => line)
      return (['out', 'in'] as const).map((direction) => {
        const usedMbps = uses.get(neighbour)?.[direction].mbps ?? 0
        return { neighbour, direction, lines, usedMbps, capacityMbps }
      })
    })
  }
}
