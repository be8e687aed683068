import type { BranchDirectory, LineFacts } from '../branch-directory.ts'
import type { OpenTunnels } from '../tunnels/open-tunnels.ts'
import { LineMeter } from './line-meter.ts'

interface BranchLinesOptions {
  readonly branch: string
  readonly directory: Pick<BranchDirectory, 'neighboursOf' | 'linesBetween'>
  readonly takeMoved: OpenTunnels['takeMoved']
}

/** Between two samples of what passes, in milliseconds. */
const SAMPLE_MS = 1_000

/** What a branch knows of its lines: measured once a second from `start` to `close`. */
export class BranchLines {
  readonly meter: LineMeter
  readonly #options: BranchLinesOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: BranchLinesOptions) {
    this.#options = options
    this.meter = new LineMeter({ takeMoved: options.takeMoved, nowMs: () => performance.now() })
  }

  /** Begins to measure. */
  start(): void {
    this.#timer ??= setInterval(() => this.meter.sample(), SAMPLE_MS)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** The registered lines of this branch by the neighbour at the other end. */
  registered(): Map<string, readonly LineFacts[]> {
    const { branch, directory } = this.#options
    return new Map(
      directory
        .neighboursOf(branch)
        .map((neighbour) => [neighbour, directory.linesBetween(branch, neighbour)]),
    )
  }
}
