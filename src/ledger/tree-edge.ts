import { HashTile } from './hash-tile.ts'

/** A tile that has just become full. */
export interface FullTile {
  readonly level: number
  readonly index: number
  readonly tile: HashTile
}

/**
 * The right edge of a tree: its partial tile on each level. With the full tiles on disk it is the whole tree.
 * It grows by leaf hashes and hands out the tiles that become full on the way.
 */
export class TreeEdge {
  readonly #tiles: HashTile[]
  #size: number

  /** An edge at a size that is a multiple of 256 or 0, from the partial tiles of level 1 and up. */
  constructor(size: number = 0, upperTiles: readonly HashTile[] = []) {
    this.#size = size
    this.#tiles = [new HashTile(), ...upperTiles]
  }

  /** How many leaves the tree has. */
  get size(): number {
    return this.#size
  }

  /** The partial tiles from level 0 up; a tile may be empty. */
  get tiles(): readonly HashTile[] {
    return this.#tiles
  }

  /** Adds a leaf hash; `filled` gets every tile that it makes full, lower levels first. */
  append(leafHash: Uint8Array, filled: (tile: FullTile) => void): void {
    let hash = leafHash
    let hashes = this.#size
    this.#size += 1
    for (let level = 0; ; level += 1) {
      const tile = (this.#tiles[level] ??= new HashTile())
      tile.append(hash)
      hashes += 1
      if (!tile.isFull) return
      filled({ level, index: hashes / tile.width - 1, tile })
      this.#tiles[level] = new HashTile()
      hash = tile.root
      hashes = hashes / tile.width - 1
    }
  }

  /** A copy that grows on its own. */
  copy(): TreeEdge {
    const edge = new TreeEdge(this.#size)
    edge.#tiles.splice(0, 1, ...this.#tiles.map((tile) => tile.copy()))
    return edge
  }
}
