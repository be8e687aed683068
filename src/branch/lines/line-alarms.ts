import type { LineAlarmTexts } from './line-alarm-texts.ts'
import { lineAlarmTexts } from './line-alarm-texts.ts'

/** When a line counts as filling up. */
export interface LineAlarmLimits {
  /** Used part of the capacity above which the alarm is raised, in per cent. */
  readonly lineAlarmPercent: number
  /** Used part below which it is cleared, in per cent; lower than the one above, so that it does not flutter. */
  readonly lineClearPercent: number
  /** How long the use must stay above before it is raised, in milliseconds. */
  readonly lineAlarmMs: number
}

/** One direction of the lines to one neighbour, as measured. Rates are Mbit/s as on the line. */
export interface LineLoad {
  readonly neighbour: string
  /** `out` is from this branch to the neighbour. */
  readonly direction: 'out' | 'in'
  /** Ids of the registered lines. */
  readonly lines: readonly string[]
  readonly usedMbps: number
  readonly capacityMbps: number
}

/** What is known of one direction from one sample to the next. */
export interface LineWatch {
  /** Since when the use has been above the limit without a break; a clock that never goes back. */
  readonly aboveSinceMs?: number
  /** Whether the alarm stands. */
  readonly isRaised: boolean
}

/** Nothing seen yet. */
export const UNWATCHED: LineWatch = Object.freeze({ isRaised: false })

/** Decides on one sample of one direction: what is known from now on, and whether the alarm changes. */
export function judgeLine(
  watch: LineWatch,
  { usedMbps, capacityMbps }: Pick<LineLoad, 'usedMbps' | 'capacityMbps'>,
  nowMs: number,
  limits: LineAlarmLimits,
): { readonly watch: LineWatch; readonly change?: 'raised' | 'cleared' } {
  const percent = (usedMbps / capacityMbps) * 100
  if (watch.isRaised) {
    return percent < limits.lineClearPercent ? { watch: UNWATCHED, change: 'cleared' } : { watch }
  }
  if (percent <= limits.lineAlarmPercent) return { watch: UNWATCHED }
  const aboveSinceMs = watch.aboveSinceMs ?? nowMs
  if (nowMs - aboveSinceMs < limits.lineAlarmMs) return { watch: { aboveSinceMs, isRaised: false } }
  return { watch: { aboveSinceMs, isRaised: true }, change: 'raised' }
}

/** A line that fills up, as the status and the log tell it. */
export interface StandingLineAlarm extends LineLoad {
  readonly alarm: 'line_filling'
  /** When it was raised, in milliseconds since 1970. */
  readonly sinceMs: number
  readonly text: LineAlarmTexts
}

/** What the operator is told when an alarm changes. */
export type LineAlarmEvent =
  | ({
      readonly kind: 'alarm'
      readonly alarm: 'line_filling'
      readonly detail: string
      readonly text: LineAlarmTexts
    } & LineLoad)
  | ({ readonly kind: 'line_relieved' } & LineLoad)

interface LineAlarmsOptions {
  readonly limits: LineAlarmLimits
  readonly onEvent: (event: LineAlarmEvent) => void
  /** Milliseconds since 1970, for people. */
  readonly nowMs: () => number
  /** Milliseconds of a clock that never goes back, for durations. */
  readonly steadyMs: () => number
}

/** The alarms of all lines of a branch: raised before a line is full. Memory: one entry for each direction of a line. */
export class LineAlarms {
  readonly #options: LineAlarmsOptions
  #watched = new Map<string, { readonly watch: LineWatch; readonly alarm?: StandingLineAlarm }>()

  constructor(options: LineAlarmsOptions) {
    this.#options = options
  }

  /** Takes the loads of all registered lines of this moment. A line that is not among them is gone, and so is its alarm. */
  heard(loads: readonly LineLoad[]): void {
    const { limits, onEvent, nowMs, steadyMs } = this.#options
    const before = this.#watched
    this.#watched = new Map()
    for (const load of loads) {
      const key = `${load.neighbour} ${load.direction}`
      const known = before.get(key)
      before.delete(key)
      const { watch, change } = judgeLine(known?.watch ?? UNWATCHED, load, steadyMs(), limits)
      if (change === 'cleared') onEvent({ kind: 'line_relieved', ...load })
      if (!watch.isRaised) {
        this.#watched.set(key, { watch })
        continue
      }
      const text = lineAlarmTexts(load)
      const alarm = {
        alarm: 'line_filling' as const,
        sinceMs: known?.alarm?.sinceMs ?? nowMs(),
        text,
        ...load,
      }
      this.#watched.set(key, { watch, alarm })
      if (change === 'raised')
        onEvent({ kind: 'alarm', alarm: 'line_filling', detail: text.en, text, ...load })
    }
    for (const { alarm } of before.values()) if (alarm !== undefined) onEvent(relieved(alarm))
  }

  /** The alarms that stand now, with the use of the last sample. */
  list(): StandingLineAlarm[] {
    return [...this.#watched.values()].flatMap(({ alarm }) => alarm ?? [])
  }
}

function relieved({ neighbour, direction, lines, usedMbps, capacityMbps }: LineLoad): LineAlarmEvent {
  return { kind: 'line_relieved', neighbour, direction, lines, usedMbps, capacityMbps }
}
