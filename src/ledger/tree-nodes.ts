import { WuslaError } from '../protocol/wusla-error.ts'
import type { HashTile } from './hash-tile.ts'
import { TILE_WIDTH, tilePlace } from './tile-path.ts'
import { tileKey } from './tile-store.ts'
import type { TileStore } from './tile-store.ts'
import type { TreeEdge } from './tree-edge.ts'
import type { NodeSource } from './tree-ranges.ts'

/**
 * A tile of the tree an edge stands for. A full tile from disk is checked against the tile above it, and so on
 * up to the edge, which is in memory: damage on the disk is found, never served.
 *
 * @throws WuslaError `ledger_corrupt`; `not_in_ledger` when the tree has no such tile
 */
export async function treeTile(
  edge: TreeEdge,
  store: TileStore,
  level: number,
  index: number,
): Promise<HashTile> {
  const full = Math.floor(edge.size / TILE_WIDTH ** (level + 1))
  if (index < full) {
    const above = await treeTile(edge, store, level + 1, Math.floor(index / TILE_WIDTH))
    return store.readTile(level, index, above.node(0, index % TILE_WIDTH))
  }
  const partial = index === full ? edge.tiles[level] : undefined
  if (partial === undefined || partial.width === 0) {
    throw new WuslaError('not_in_ledger', { details: { tileLevel: level, tileIndex: index } })
  }
  return partial
}

/** Hashes of full subtrees of the tree an edge stands for. For one proof: it remembers every tile it has seen. */
export function treeNodes(edge: TreeEdge, store: TileStore): NodeSource {
  const seen = new Map<number, HashTile>()
  return async ({ level, index }) => {
    const { tileLevel, tileIndex, levelInTile, indexInTile } = tilePlace(level, index)
    const key = tileKey(tileLevel, tileIndex)
    const tile = seen.get(key) ?? (await treeTile(edge, store, tileLevel, tileIndex))
    seen.set(key, tile)
    return tile.node(levelInTile, indexInTile)
  }
}
