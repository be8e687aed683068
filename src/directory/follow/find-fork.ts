import { proofHashes, rootHash, consistencyRanges } from '../../ledger/tree-ranges.ts'
import type { NodeSource } from '../../ledger/tree-ranges.ts'
import { TILE_WIDTH, tilePlace } from '../../ledger/tile-path.ts'
import { HashTile } from '../../ledger/hash-tile.ts'
import { verifyConsistency } from '../../protocol/merkle.ts'
import type { HashLevels } from './hash-levels.ts'
import type { HeldCheckpoint } from './held-checkpoint.ts'
import type { SourceClient } from './source-client.ts'

/** Whether a signed checkpoint that is not larger than what we hold contradicts it. */
export function contradictsPast(levels: HashLevels, shown: HeldCheckpoint): boolean {
  return shown.size > 0 && !levels.root(shown.size).equals(shown.root)
}

/**
 * Whether a larger signed checkpoint is provably no continuation of what we hold. The source's tiles have to prove
 * which tree of our size lies in the signed one: a source that only sends wrong entries or wrong tiles proves nothing,
 * and is not believed that the log forked.
 */
export async function contradictsFuture(
  levels: HashLevels,
  shown: HeldCheckpoint,
  client: SourceClient,
  signal: AbortSignal,
): Promise<boolean> {
  const { size: toSize, root: toRoot } = shown
  const fromSize = levels.size
  if (fromSize === 0) return false
  const nodes = remoteNodes(toSize, client, signal)
  const fromRoot = await rootHash(fromSize, nodes)
  const proof = await proofHashes(consistencyRanges(fromSize, toSize), nodes)
  const isPast = verifyConsistency({ fromSize, toSize, fromRoot, toRoot, proof })
  return isPast && !fromRoot.equals(levels.root(fromSize))
}

/** Hashes of full subtrees of a tree of `size` entries, from a source's tiles. */
function remoteNodes(size: number, client: SourceClient, signal: AbortSignal): NodeSource {
  return async ({ level, index }) => {
    const { tileLevel, tileIndex, levelInTile, indexInTile } = tilePlace(level, index)
    const hashes = Math.floor(size / TILE_WIDTH ** tileLevel)
    const width = Math.min(TILE_WIDTH, hashes - tileIndex * TILE_WIDTH)
    const tile = HashTile.from(await client.tile(tileLevel, tileIndex, width, signal))
    return tile.node(levelInTile, indexInTile)
  }
}
