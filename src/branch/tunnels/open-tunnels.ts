import { READY_BYTE } from '../../transport/tunnel-preamble.ts'
import { memberOf } from '../../protocol/identifier.ts'
import type { LineShare } from '../lines/line-share.ts'
import { splice, type TurnTaking } from './splice.ts'
import type { TunnelEnd } from './tunnel-end.ts'

/** One end of a tunnel as this branch sees it. */
export interface TunnelSide {
  readonly end: TunnelEnd
  /** Bytes that came before the tunnel was joined, to be passed on first. */
  readonly early: Buffer
  /** The gateway or branch at the other end of this connection: who the line leads to. */
  readonly neighbour: string
}

/** A tunnel that runs. */
export interface OpenTunnel {
  readonly from: string
  readonly target: string
  readonly path: readonly string[]
  readonly asker: TunnelSide
  readonly answerer: TunnelSide
}

/** Bytes of one pair of gateways or over one neighbour line, since the branch started. */
export interface ByteCount {
  /** Pair: from asker to target. Line: from here to the neighbour. */
  readonly out: number
  /** The other way. */
  readonly in: number
}

/** Pairs that are counted apart; the oldest beyond that are added up under one name. */
const MAX_PAIRS = 100_000

/** Where the bytes of forgotten pairs go. */
const OTHER_PAIRS = 'others'

/**
 * The tunnels of a branch and their bytes. Nothing is counted while bytes move: the sockets know, and they are asked
 * when somebody looks or when a tunnel ends.
 */
export class OpenTunnels {
  /** Every tunnel that runs, and how much of its bytes {@link OpenTunnels.takeMoved} has given already. */
  readonly #open = new Map<OpenTunnel, Taken>()
  #ended = new Moved()
  readonly #pairs = new Map<string, ByteCount>()
  readonly #lines = new Map<string, ByteCount>()
  readonly #shareTowards: (neighbour: string) => LineShare
  readonly #onClosed: (tunnel: OpenTunnel, count: ByteCount) => void
  #opened = 0

  /** @param shareTowards - what leaves towards a neighbour, which all tunnels over that line share */
  constructor(
    shareTowards: (neighbour: string) => LineShare,
    onClosed: (tunnel: OpenTunnel, count: ByteCount) => void,
  ) {
    this.#shareTowards = shareTowards
    this.#onClosed = onClosed
  }

  /** Tunnels that run now. */
  get size(): number {
    return this.#open.size
  }

  /** Tunnels since the start. */
  get opened(): number {
    return this.#opened
  }

  /** Joins the two sides, then tells the asker that it may begin. */
  join(tunnel: OpenTunnel): void {
    const { asker, answerer } = tunnel
    this.#opened += 1
    this.#open.set(tunnel, { asker: NONE, answerer: NONE })
    asker.end.socket.write(Buffer.concat([Buffer.of(READY_BYTE), answerer.early]))
    if (asker.early.length > 0) answerer.end.socket.write(asker.early)
    const closed = (): void => this.#close(tunnel)
    splice(asker.end, answerer.end, closed, {
      toA: this.#turnOf(asker, tunnel.target, tunnel.from),
      toB: this.#turnOf(answerer, tunnel.from, tunnel.target),
    })
  }

  /** Closes every tunnel that the question answers yes to; how many. */
  cutWhere(isCut: (tunnel: OpenTunnel) => boolean): number {
    const cut = [...this.#open.keys()].filter(isCut)
    for (const { asker, answerer } of cut) {
      asker.end.destroy()
      answerer.end.destroy()
    }
    return cut.length
  }

  /** Bytes by `from target` and by neighbour, up to now. */
  counts(): {
    readonly pairs: ReadonlyMap<string, ByteCount>
    readonly lines: ReadonlyMap<string, ByteCount>
  } {
    const pairs = new Map(this.#pairs)
    const lines = new Map(this.#lines)
    for (const tunnel of this.#open.keys()) {
      addTo(pairs, pairName(tunnel), countOf(tunnel))
      this.#countLines(lines, tunnel)
    }
    return { pairs, lines }
  }

  /**
   * Bytes that moved since the call before, by `from target` and by neighbour; only where any did. For one asker, which
   * comes about once a second.
   */
  takeMoved(): {
    readonly pairs: ReadonlyMap<string, ByteCount>
    readonly lines: ReadonlyMap<string, ByteCount>
  } {
    const moved = this.#ended
    this.#ended = new Moved()
    for (const [tunnel, taken] of this.#open) this.#open.set(tunnel, moveOn(tunnel, taken, moved))
    return moved
  }

  /** Members share a line, not gateways or tunnels: nobody has more of it by opening more of those. */
  #turnOf({ neighbour }: TunnelSide, sender: string, receiver: string): TurnTaking {
    return { share: this.#shareTowards(neighbour), flow: `${memberOf(sender)} ${memberOf(receiver)}` }
  }

  #close(tunnel: OpenTunnel): void {
    moveOn(tunnel, this.#open.get(tunnel), this.#ended)
    this.#open.delete(tunnel)
    const count = countOf(tunnel)
    addTo(this.#pairs, pairName(tunnel), count)
    this.#countLines(this.#lines, tunnel)
    this.#foldPairs()
    this.#onClosed(tunnel, count)
  }

  #countLines(lines: Map<string, ByteCount>, { asker, answerer }: OpenTunnel): void {
    for (const { end, neighbour } of [asker, answerer]) {
      addTo(lines, neighbour, bytesOf(end))
    }
  }

  #foldPairs(): void {
    if (this.#pairs.size <= MAX_PAIRS) return
    const [oldest] = this.#pairs
    if (oldest === undefined) return
    this.#pairs.delete(oldest[0])
    addTo(this.#pairs, OTHER_PAIRS, oldest[1])
  }
}

/** Bytes by pair and by neighbour that nobody has taken yet. */
class Moved {
  readonly pairs = new Map<string, ByteCount>()
  readonly lines = new Map<string, ByteCount>()
}

/** What both ends of a tunnel had moved at the last look. */
interface Taken {
  readonly asker: ByteCount
  readonly answerer: ByteCount
}

const NONE: ByteCount = Object.freeze({ out: 0, in: 0 })

/** Adds what a tunnel moved since the last look; gives the state of this one. */
function moveOn(tunnel: OpenTunnel, taken: Taken | undefined, moved: Moved): Taken {
  const now = { asker: bytesOf(tunnel.asker.end), answerer: bytesOf(tunnel.answerer.end) }
  const asker = since(taken?.asker ?? NONE, now.asker)
  const answerer = since(taken?.answerer ?? NONE, now.answerer)
  if (asker.out + asker.in + answerer.out + answerer.in === 0) return taken ?? now
  addTo(moved.lines, tunnel.asker.neighbour, asker)
  addTo(moved.lines, tunnel.answerer.neighbour, answerer)
  addTo(moved.pairs, pairName(tunnel), { out: asker.in, in: answerer.in })
  return now
}

function bytesOf(end: TunnelEnd): ByteCount {
  return { out: end.socket.bytesWritten, in: end.socket.bytesRead }
}

function since(before: ByteCount, now: ByteCount): ByteCount {
  return { out: Math.max(0, now.out - before.out), in: Math.max(0, now.in - before.in) }
}

function pairName({ from, target }: OpenTunnel): string {
  return `${from} ${target}`
}

function countOf({ asker, answerer }: OpenTunnel): ByteCount {
  return { out: asker.end.socket.bytesRead, in: answerer.end.socket.bytesRead }
}

function addTo(counts: Map<string, ByteCount>, name: string, more: ByteCount): void {
  const known = counts.get(name)
  // Set anew, so that the order of the map is the order of last use.
  counts.delete(name)
  counts.set(name, { out: (known?.out ?? 0) + more.out, in: (known?.in ?? 0) + more.in })
}
