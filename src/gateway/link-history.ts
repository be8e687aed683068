import { type Clock, formatTime } from '../protocol/clock.ts'
import type { BranchLinkEvent } from '../transport/branch-link.ts'

/** Since when a link is as it is, and what went wrong last; both until it comes up again. */
export interface LinkStanding {
  readonly since: string
  /** Why it was lost, or the newest attempt failed; absent while it is up. */
  readonly reason?: string
}

/** Remembers of each link to a branch when it changed last. One entry for each link, so memory is bounded. */
export class LinkHistory {
  readonly #clock: Clock
  readonly #standing = new Map<string, LinkStanding>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The link is dialled for the first time. */
  begin(branch: string): void {
    this.#standing.set(branch, { since: this.#now() })
  }

  heard(event: BranchLinkEvent): void {
    const { branch } = event
    const since = this.#standing.get(branch)?.since ?? this.#now()
    if (event.kind === 'link_up' || event.kind === 'link_draining')
      this.#standing.set(branch, { since: this.#now() })
    else if (event.kind === 'link_down')
      this.#standing.set(branch, { since: this.#now(), reason: event.reason })
    // It is still as it was; only the reason is newer.
    else if (event.kind === 'link_attempt_failed') this.#standing.set(branch, { since, reason: event.reason })
  }

  forget(branch: string): void {
    this.#standing.delete(branch)
  }

  of(branch: string): LinkStanding {
    return this.#standing.get(branch) ?? { since: this.#now() }
  }

  #now(): string {
    return formatTime(this.#clock.nowMs())
  }
}
