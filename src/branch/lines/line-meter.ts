import { memberOf } from '../../protocol/identifier.ts'
import { RateMeter, type UseRate } from './rate-meter.ts'
import { WIRE_FACTOR } from './wire-bytes.ts'

/** Bytes of tunnels that moved in both directions. */
interface Moved {
  readonly out: number
  readonly in: number
}

/** What passes between this branch and one neighbour, in Mbit/s as on the line, packet headers included. */
export interface LineUse {
  /** From here to the neighbour. */
  readonly out: UseRate
  /** From the neighbour to here. */
  readonly in: UseRate
}

/** What one member sends another through this branch, in Mbit/s as on the line. */
export interface MemberUse extends UseRate {
  readonly from: string
  readonly to: string
}

interface LineMeterOptions {
  /** Bytes moved since the question before, by neighbour and by `asker target`; see `OpenTunnels.takeMoved`. */
  readonly takeMoved: () => {
    readonly lines: ReadonlyMap<string, Moved>
    readonly pairs: ReadonlyMap<string, Moved>
  }
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  /** Pairs of members metered apart; what all others move is metered under one name. Default 20,000. */
  readonly maxPairs?: number
}

/** Stands for both members of the pairs that are not metered apart. */
export const OTHER_MEMBERS = 'others'

/** Shorter than this a sample says more about the timer than about the line, in milliseconds. */
const LEAST_SAMPLE_MS = 100

/** A rate below this whose peak is below it too is forgotten, in Mbit/s. */
const FORGET_MBPS = 0.001

/**
 * Measured use of the lines, by neighbour and by pair of members. Somebody calls {@link LineMeter.sample} once a second;
 * a sample costs time in proportion to the tunnels that are open, and memory in proportion to what moved in the last
 * minutes.
 */
export class LineMeter {
  readonly #options: LineMeterOptions
  readonly #maxPairs: number
  readonly #lines = new Map<string, { readonly out: RateMeter; readonly in: RateMeter }>()
  readonly #pairs = new Map<string, RateMeter>()
  #sampledAtMs: number
  #hasSampled = false

  constructor(options: LineMeterOptions) {
    this.#options = options
    this.#maxPairs = options.maxPairs ?? 20_000
    this.#sampledAtMs = options.nowMs()
  }

  /** Takes in what moved since the sample before. */
  sample(): void {
    const nowMs = this.#options.nowMs()
    const ms = nowMs - this.#sampledAtMs
    if (ms < LEAST_SAMPLE_MS) return
    this.#sampledAtMs = nowMs
    this.#hasSampled = true
    const moved = this.#options.takeMoved()
    this.#sampleLines(moved.lines, ms, nowMs)
    this.#samplePairs(byMembers(moved.pairs), ms, nowMs)
  }

  /** Mbit/s that this branch sends to a neighbour, smoothed, as on the line; `undefined` before the first sample. */
  usedMbps(neighbour: string): number | undefined {
    return this.#hasSampled ? (this.#lines.get(neighbour)?.out.mbps ?? 0) : undefined
  }

  /** The use of every line on which something moved in the last minutes, by neighbour. */
  lines(): ReadonlyMap<string, LineUse> {
    const nowMs = this.#options.nowMs()
    return new Map(
      [...this.#lines].map(([neighbour, meters]) => [
        neighbour,
        { out: meters.out.use(nowMs), in: meters.in.use(nowMs) },
      ]),
    )
  }

  /** What members sent each other in the last minutes, each direction by itself; the busiest first. */
  members(): MemberUse[] {
    const nowMs = this.#options.nowMs()
    return [...this.#pairs]
      .map(([pair, meter]) => {
        const [from = '', to = ''] = pair.split(' ')
        return { from, to, ...meter.use(nowMs) }
      })
      .toSorted((a, b) => b.mbps - a.mbps)
  }

  #sampleLines(moved: ReadonlyMap<string, Moved>, ms: number, nowMs: number): void {
    for (const neighbour of moved.keys()) {
      if (this.#lines.has(neighbour)) continue
      this.#lines.set(neighbour, { out: new RateMeter(), in: new RateMeter() })
    }
    for (const [neighbour, meters] of this.#lines) {
      const bytes = moved.get(neighbour)
      meters.out.add((bytes?.out ?? 0) * WIRE_FACTOR, ms, nowMs)
      meters.in.add((bytes?.in ?? 0) * WIRE_FACTOR, ms, nowMs)
      if (isOver(meters.out, nowMs) && isOver(meters.in, nowMs)) this.#lines.delete(neighbour)
    }
  }

  #samplePairs(moved: ReadonlyMap<string, number>, ms: number, nowMs: number): void {
    let others = 0
    for (const [pair, bytes] of moved) {
      if (this.#pairs.has(pair)) continue
      if (this.#pairs.size < this.#maxPairs) this.#pairs.set(pair, new RateMeter())
      else others += bytes
    }
    if (others > 0 && !this.#pairs.has(OTHER_PAIR)) this.#pairs.set(OTHER_PAIR, new RateMeter())
    for (const [pair, meter] of this.#pairs) {
      const bytes = pair === OTHER_PAIR ? others : (moved.get(pair) ?? 0)
      meter.add(bytes * WIRE_FACTOR, ms, nowMs)
      if (isOver(meter, nowMs)) this.#pairs.delete(pair)
    }
  }
}

const OTHER_PAIR = `${OTHER_MEMBERS} ${OTHER_MEMBERS}`

function isOver(meter: RateMeter, nowMs: number): boolean {
  const { mbps, peakMbps } = meter.use(nowMs)
  return mbps < FORGET_MBPS && peakMbps < FORGET_MBPS
}

/** Pairs of gateways become pairs of members, each direction by itself. */
function byMembers(pairs: ReadonlyMap<string, Moved>): Map<string, number> {
  const members = new Map<string, number>()
  const add = (from: string, to: string, bytes: number): void => {
    if (bytes > 0) members.set(`${from} ${to}`, (members.get(`${from} ${to}`) ?? 0) + bytes)
  }
  for (const [pair, bytes] of pairs) {
    const [asker = '', target = ''] = pair.split(' ')
    const [from, to] = [memberOf(asker), memberOf(target)]
    add(from, to, bytes.out)
    add(to, from, bytes.in)
  }
  return members
}
