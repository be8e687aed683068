import { TILE_WIDTH } from '../../ledger/tile-path.ts'
import type { CompactTree } from '../../protocol/compact-tree.ts'
import { leafHash } from '../../protocol/merkle.ts'
import type { HeldCheckpoint } from './held-checkpoint.ts'
import type { SourceClient } from './source-client.ts'

/** Entries that continue a tree to a checkpoint. */
export interface FetchedTail {
  readonly entries: readonly Buffer[]
  readonly leaves: readonly Buffer[]
  /** Whether the tree with these entries has the root of the checkpoint. If not, the source or the log lies. */
  readonly fits: boolean
}

/** Bundles on their way at the same time. Memory is bounded by these, 16 MiB each at worst. */
const AHEAD = 4

/** Fetches the entries behind `tree` up to a checkpoint. `tree` is used up: it grows to the checkpoint's size. */
export async function fetchTail(
  client: SourceClient,
  tree: CompactTree,
  checkpoint: HeldCheckpoint,
  signal: AbortSignal,
): Promise<FetchedTail> {
  const entries: Buffer[] = []
  const leaves: Buffer[] = []
  for await (const bundle of bundlesFrom(client, tree.size, checkpoint.size, signal)) {
    for (const entry of bundle) {
      const leaf = leafHash(entry)
      entries.push(entry)
      leaves.push(leaf)
      tree.append(leaf)
    }
  }
  return { entries, leaves, fits: tree.root().equals(checkpoint.root) }
}

/** The entries `from` to `to` (left out), a bundle at a time, some fetched ahead. */
export async function* bundlesFrom(
  client: SourceClient,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer[]> {
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const last = Math.ceil(to / TILE_WIDTH)
  const waiting: Promise<Buffer[]>[] = []
  try {
    let next = Math.floor(from / TILE_WIDTH)
    let skip = from % TILE_WIDTH
    for (;;) {
      for (; next < last && waiting.length < AHEAD; next += 1) {
        const width = Math.min(TILE_WIDTH, to - next * TILE_WIDTH)
        const bundle = client.bundle(next, width, both)
        // Who waits for the one before it may never get to this one.
        bundle.catch(() => undefined)
        waiting.push(bundle)
      }
      const first = waiting.shift()
      if (first === undefined) return
      yield (await first).slice(skip)
      skip = 0
    }
  } finally {
    stop.abort()
  }
}
