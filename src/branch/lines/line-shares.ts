import { LineShare } from './line-share.ts'

interface LineSharesOptions {
  /** Capacity towards a neighbour in Mbit/s; `undefined` without a registered line. */
  readonly capacityMbps: (neighbour: string) => number | undefined
  /** How much of the capacity is used, in per cent. */
  readonly pacePercent: number
}

/** The shares of all neighbours of a branch. One object for each that ever had a tunnel here; the directory bounds them. */
export class LineShares {
  readonly #options: LineSharesOptions
  readonly #shares = new Map<string, LineShare>()

  constructor(options: LineSharesOptions) {
    this.#options = options
  }

  /** What leaves towards this neighbour. */
  towards(neighbour: string): LineShare {
    const known = this.#shares.get(neighbour)
    if (known !== undefined) return known
    const share = new LineShare({ nowMs: () => performance.now(), schedule })
    share.setRate(this.#rateOf(neighbour))
    this.#shares.set(neighbour, share)
    return share
  }

  /** Takes lines that were registered, changed or removed into account; cheap when none was. */
  followDirectory(): void {
    for (const [neighbour, share] of this.#shares) share.setRate(this.#rateOf(neighbour))
  }

  close(): void {
    for (const share of this.#shares.values()) share.close()
  }

  #rateOf(neighbour: string): number | undefined {
    const capacityMbps = this.#options.capacityMbps(neighbour)
    return capacityMbps === undefined ? undefined : (capacityMbps * this.#options.pacePercent) / 100
  }
}

function schedule(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
