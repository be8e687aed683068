import { isIPv4 } from 'node:net'

/** How much of a listener strangers may use before anybody knows who they are. */
export interface HandshakeLimits {
  /** Handshakes under way in all. Default 64. */
  readonly open: number
  /** The same for one remote address. Default 8. */
  readonly openPerAddress: number
  /** New connections in all: at once, and in each second after. Default 128 and 32. */
  readonly burst: number
  readonly perSecond: number
  /** The same for one remote address. Default 16 and 1. */
  readonly burstPerAddress: number
  readonly perSecondPerAddress: number
  /** Remote addresses that are remembered; of more, the ones unseen for longest are forgotten. Default 4,096. */
  readonly addresses: number
}

/** The defaults of {@link HandshakeLimits}. */
export const HANDSHAKE_LIMITS: HandshakeLimits = Object.freeze({
  open: 64,
  openPerAddress: 8,
  burst: 128,
  perSecond: 32,
  burstPerAddress: 16,
  perSecondPerAddress: 1,
  addresses: 4_096,
})

interface Bucket {
  tokens: number
  atMs: number
}

interface Remote extends Bucket {
  open: number
}

/** Counts handshakes under way and new connections. Pure: the time is given, sockets are the listener's. */
export class HandshakeBounds {
  readonly #limits: HandshakeLimits
  readonly #all: Bucket
  // In the order in which they were last seen.
  readonly #remotes = new Map<string, Remote>()
  #open = 0

  constructor(limits: HandshakeLimits, nowMs: number) {
    this.#limits = limits
    this.#all = { tokens: limits.burst, atMs: nowMs }
  }

  /** Whether more handshakes are under way than there may be: one has to go. */
  get isOverfull(): boolean {
    return this.#open > this.#limits.open
  }

  /** Whether this address may begin a handshake now; then {@link leave} must follow when it is over. */
  enter(address: string, nowMs: number): boolean {
    const { openPerAddress, burst, perSecond, burstPerAddress, perSecondPerAddress } = this.#limits
    const remote = this.#remote(address, nowMs)
    if (remote === undefined || remote.open >= openPerAddress) return false
    refill(remote, burstPerAddress, perSecondPerAddress, nowMs)
    refill(this.#all, burst, perSecond, nowMs)
    // Its own share first: who has none left takes nothing from the others.
    if (remote.tokens < 1 || this.#all.tokens < 1) return false
    remote.tokens -= 1
    this.#all.tokens -= 1
    remote.open += 1
    this.#open += 1
    return true
  }

  leave(address: string): void {
    this.#open -= 1
    const remote = this.#remotes.get(address)
    if (remote !== undefined) remote.open -= 1
  }

  #remote(address: string, nowMs: number): Remote | undefined {
    const known = this.#remotes.get(address)
    const remote = known ?? { open: 0, tokens: this.#limits.burstPerAddress, atMs: nowMs }
    if (known === undefined && !this.#makeRoom()) return undefined
    this.#remotes.delete(address)
    this.#remotes.set(address, remote)
    return remote
  }

  #makeRoom(): boolean {
    if (this.#remotes.size < this.#limits.addresses) return true
    for (const [address, { open }] of this.#remotes) {
      if (open > 0) continue
      this.#remotes.delete(address)
      return true
    }
    return false
  }
}

function refill(bucket: Bucket, most: number, perSecond: number, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - bucket.atMs)
  bucket.tokens = Math.min(most, bucket.tokens + (passedMs / 1_000) * perSecond)
  bucket.atMs = nowMs
}

/** Who counts as one remote: an IPv4 address, or the /64 of an IPv6 one, since one machine has all of it. */
export function remoteOf(address: string): string {
  if (isIPv4(address)) return address
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (plain !== undefined) return plain
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last]
  return `${groups.slice(0, 4).join(':')}::/64`
}
