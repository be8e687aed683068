import { type Clock, formatTime } from '../protocol/clock.ts'

/** An alarm that stands. */
export interface CurrentAlarm {
  readonly alarm: string
  /** When it was raised first since it was last over. */
  readonly since: string
  readonly detail: string
}

/** Which event says that an alarm is over. An alarm that is not here stands until somebody has looked: a restart. */
const OVER: Readonly<Record<string, string>> = {
  directory_fresh: 'directory_stale',
  directory_witnessed: 'directory_unwitnessed',
  certificate_renewed: 'certificate_not_renewed',
  evidence_writable: 'evidence_unwritable',
}

/** The alarms of this moment, kept from the events of the actor. One entry for each kind, so memory is bounded. */
export class CurrentAlarms {
  readonly #clock: Clock
  readonly #standing = new Map<string, CurrentAlarm>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Learns from an event as it is logged: alarms have the kind `alarm` and their name in `alarm`. */
  heard(event: { readonly kind: string; readonly alarm?: string; readonly detail?: string }): void {
    const over = OVER[event.kind]
    if (over !== undefined) this.#standing.delete(over)
    if (event.kind !== 'alarm' || event.alarm === undefined) return
    const { alarm } = event
    const since = this.#standing.get(alarm)?.since ?? formatTime(this.#clock.nowMs())
    const { kind: _kind, alarm: _alarm, ...facts } = event
    this.#standing.set(alarm, { alarm, since, detail: event.detail ?? JSON.stringify(facts).slice(0, 1_000) })
  }

  list(): CurrentAlarm[] {
    return [...this.#standing.values()]
  }
}
