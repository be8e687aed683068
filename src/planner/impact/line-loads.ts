import type { NetworkGraph } from '../graph/network-graph.ts'
import type { Path } from '../graph/find-path.ts'
import type { ModelDemand } from '../network-model.ts'

/** Traffic on every line, each direction for itself. */
export class LineLoads {
  readonly #mbps: Float64Array

  constructor(graph: NetworkGraph, from?: LineLoads) {
    this.#mbps = from === undefined ? new Float64Array(graph.lines.length * 2) : from.#mbps.slice()
  }

  /** Puts a demand on its path; `times` −1 takes it off again. */
  carry(path: Path, { mbps, backMbps = 0 }: ModelDemand, times: 1 | -1 = 1): void {
    for (const [place, line] of path.lines.entries()) {
      const isForward = path.forward[place] === true
      this.#add(line * 2, times * (isForward ? mbps : backMbps))
      this.#add(line * 2 + 1, times * (isForward ? backMbps : mbps))
    }
  }

  /** Mbit/s in the busier direction: lines carry as much in one as in the other. */
  mbps(line: number): number {
    return Math.max(this.#mbps[line * 2] ?? 0, this.#mbps[line * 2 + 1] ?? 0)
  }

  #add(place: number, mbps: number): void {
    this.#mbps[place] = (this.#mbps[place] ?? 0) + mbps
  }
}

/** Loads are sums and differences of decimals: what differs by less than this is the same. Unit: Mbit/s. */
export const SAME_MBPS = 1e-6
