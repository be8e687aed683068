import { WuslaError } from '../protocol/wusla-error.ts'
import { sha256 } from '../protocol/digest.ts'
import { FULL_TILE_BYTES, HASH_BYTES, HashTile } from './hash-tile.ts'
import { TILE_WIDTH, tileLevels } from './tile-path.ts'
import type { TileStore } from './tile-store.ts'
import { TreeEdge } from './tree-edge.ts'

/**
 * The state file of a tree: the partial tiles of level 1 and up for a whole number of full tiles of level 0.
 * It saves reading up to 255 tiles per level at open and is made again from the tiles when it is missing,
 * damaged or behind, so it need not be durable.
 *
 *     16  "WUSLA-TREE-EDGE\n"
 *      8  number of full tiles of level 0
 *      …  the hashes of the partial tiles, level 1 first
 *     32  SHA-256 of everything before
 */
const MAGIC = Buffer.from('WUSLA-TREE-EDGE\n', 'latin1')
const COUNT_BYTES = 8
const DIGEST_BYTES = 32

/** Longer than any state file: six levels cover more entries than a number can count. */
export const MAX_STATE_BYTES: number = MAGIC.length + COUNT_BYTES + DIGEST_BYTES + 6 * FULL_TILE_BYTES

/** Widths of the partial tiles from level 1 up, for so many full tiles of level 0. */
function upperWidths(fullTiles: number): number[] {
  return tileLevels(fullTiles).map((level) => level.partialWidth)
}

/** The state file of an edge whose tile of level 0 may hold anything: only what is above is kept. */
export function encodeTreeState(edge: TreeEdge): Buffer {
  const count = Buffer.alloc(COUNT_BYTES)
  count.writeBigUInt64BE(BigInt(Math.floor(edge.size / TILE_WIDTH)))
  const upper = edge.tiles.slice(1).map((tile) => tile.bytes())
  const body = Buffer.concat([MAGIC, count, ...upper])
  return Buffer.concat([body, sha256(body)])
}

/** The edge a state file describes, at a multiple of 256 leaves; undefined when the bytes are not one. */
export function decodeTreeState(bytes: Buffer): TreeEdge | undefined {
  const start = MAGIC.length + COUNT_BYTES
  const end = bytes.length - DIGEST_BYTES
  if (end < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (!sha256(bytes.subarray(0, end)).equals(bytes.subarray(end))) return undefined
  const fullTiles = Number(bytes.readBigUInt64BE(MAGIC.length))
  if (!Number.isSafeInteger(fullTiles * TILE_WIDTH)) return undefined
  const tiles: HashTile[] = []
  let at = start
  for (const width of upperWidths(fullTiles)) {
    const next = at + width * HASH_BYTES
    tiles.push(HashTile.from(bytes.subarray(at, next)))
    at = next
  }
  return at === end ? new TreeEdge(fullTiles * TILE_WIDTH, tiles) : undefined
}

/**
 * Makes the edge at so many full tiles of level 0 again, from the full tiles on disk: every hash of a partial
 * tile is the hash over a full tile below it.
 *
 * @throws WuslaError `ledger_corrupt` when one of them is missing
 */
export async function rebuildTreeEdge(tiles: TileStore, fullTiles: number): Promise<TreeEdge> {
  const upper: HashTile[] = []
  for (const { level, full, partialWidth } of tileLevels(fullTiles)) {
    const partial = new HashTile()
    for (let i = 0; i < partialWidth; i += 1) {
      const below = await tiles.readUnchecked(level, full * TILE_WIDTH + i)
      if (below === undefined) {
        throw new WuslaError('ledger_corrupt', {
          details: { tileLevel: level, tileIndex: full * TILE_WIDTH + i },
        })
      }
      partial.append(below.root)
    }
    upper.push(partial)
  }
  return new TreeEdge(fullTiles * TILE_WIDTH, upper)
}
