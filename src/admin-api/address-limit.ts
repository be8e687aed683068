/** How many requests may come at once, in seconds' worth. */
const BURST_SECONDS = 5
/** Addresses that are remembered; beyond that those are forgotten that were quiet for longest. */
const MAX_ADDRESSES = 10_000

interface Bucket {
  left: number
  filledAtMs: number
}

/** Lets each address make only so many requests a second, and five times as many at once. Memory is bounded. */
export class AddressLimit {
  readonly #perSecond: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Whether the address may make one more request now; counts it then. */
  take(address: string, nowMs: number): boolean {
    const most = this.#perSecond * BURST_SECONDS
    const bucket = this.#buckets.get(address) ?? { left: most, filledAtMs: nowMs }
    const gained = (Math.max(0, nowMs - bucket.filledAtMs) * this.#perSecond) / 1000
    bucket.left = Math.min(most, bucket.left + gained)
    bucket.filledAtMs = nowMs
    // To the end of the map, whose first is then the one that was quiet for longest.
    this.#buckets.delete(address)
    this.#buckets.set(address, bucket)
    if (this.#buckets.size > MAX_ADDRESSES) {
      const oldest = this.#buckets.keys().next()
      if (oldest.done !== true) this.#buckets.delete(oldest.value)
    }
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
}

/**
 * Who asks: what the proxy on this machine wrote in the last place of `x-forwarded-for`, else the other end of the
 * socket. A caller who writes the header itself only adds places before that, and from another machine it is ignored.
 */
export function callerAddress(
  socketAddress: string | undefined,
  forwarded: string | string[] | undefined,
): string {
  const socket = socketAddress ?? ''
  if (!isLoopback(socket)) return socket
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim()
  return last === undefined || last === '' ? socket : last.slice(0, 64)
}

/** Whether a socket's address is this very machine. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}
