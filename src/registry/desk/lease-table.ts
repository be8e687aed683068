import { formatTime } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

/** How long a lease holds: an official reads, logs in and signs within it. */
export const LEASE_MS: number = 20 * 60_000

/** Agreements that one member may be signing at the same time. */
const MAX_LEASES = 100

interface Lease {
  readonly by: string
  readonly untilMs: number
}

/**
 * Which party signs an agreement at this moment. Two officials who sign the same revision at once would make two documents
 * of which only one can stand. In memory: a restart of the registry ends every lease, which costs its holder a renewal. A
 * lease alone protects nothing: what is uploaded must also go on from the revision that lies here.
 */
export class LeaseTable {
  readonly #leases = new Map<string, Lease>()

  /**
   * Takes or renews a lease.
   *
   * @throws WuslaError `signing_in_progress` while the other party holds it, `too_many_requests`
   */
  take(hash: string, member: string, nowMs: number): string {
    this.#dropEnded(nowMs)
    this.assertNotOthers(hash, member, nowMs)
    const own = [...this.#leases].filter(([held, { by }]) => by === member && held !== hash).length
    if (own >= MAX_LEASES) {
      throw new WuslaError('too_many_requests', {
        message: 'This member is signing as many agreements as it may at the same time.',
      })
    }
    const untilMs = nowMs + LEASE_MS
    this.#leases.set(hash, { by: member, untilMs })
    return formatTime(untilMs)
  }

  /** Who holds it, and until when; undefined when nobody does. */
  holder(hash: string, nowMs: number): { readonly by: string; readonly until: string } | undefined {
    const lease = this.#leases.get(hash)
    if (lease === undefined || lease.untilMs <= nowMs) return undefined
    return { by: lease.by, until: formatTime(lease.untilMs) }
  }

  /** @throws WuslaError `signing_in_progress` */
  assertNotOthers(hash: string, member: string, nowMs: number): void {
    const lease = this.holder(hash, nowMs)
    if (lease !== undefined && lease.by !== member)
      throw new WuslaError('signing_in_progress', { details: lease })
  }

  /** @throws WuslaError `signing_in_progress`, `lease_required` when nobody holds it */
  assertHolds(hash: string, member: string, nowMs: number): void {
    this.assertNotOthers(hash, member, nowMs)
    if (this.holder(hash, nowMs) === undefined) throw new WuslaError('lease_required')
  }

  /** Nothing happens when somebody else holds it. */
  release(hash: string, member: string): void {
    if (this.#leases.get(hash)?.by === member) this.#leases.delete(hash)
  }

  #dropEnded(nowMs: number): void {
    for (const [hash, { untilMs }] of this.#leases) if (untilMs <= nowMs) this.#leases.delete(hash)
  }
}
