import { hash as digest } from 'node:crypto'
import { TILE_WIDTH } from './tile-path.ts'

/** Length of one hash in bytes. */
export const HASH_BYTES = 32

/** Length of a full tile in bytes. */
export const FULL_TILE_BYTES: number = TILE_WIDTH * HASH_BYTES

/** Hashes of a tile and all nodes above them: 256 + 128 + … + 1. */
const NODES = 2 * TILE_WIDTH - 1

/**
 * A growing tile with the nodes above its hashes, each computed once. Level 0 are the hashes of the tile,
 * level 8 is the one hash over a full tile, which is a hash of the tile above.
 *
 *     nodes   level 0 (256) | level 1 (128) | … | level 8 (1); level l begins at 512 − 512 / 2^l
 */
export class HashTile {
  readonly #nodes: Buffer
  /** 0x01 and two hashes: what the hash over a pair is taken of (RFC 6962, 2.1). */
  readonly #pair: Buffer
  #width: number

  constructor() {
    this.#nodes = Buffer.allocUnsafeSlow(NODES * HASH_BYTES)
    this.#pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1)
    this.#width = 0
  }

  /** A tile from its bytes: one hash after the other, at most 256. */
  static from(bytes: Uint8Array): HashTile {
    const tile = new HashTile()
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
      tile.append(bytes.subarray(at, at + HASH_BYTES))
    }
    return tile
  }

  /** How many hashes are in the tile. */
  get width(): number {
    return this.#width
  }

  get isFull(): boolean {
    return this.#width === TILE_WIDTH
  }

  /** Adds a hash; the tile must not be full. */
  append(hash: Uint8Array): void {
    let index = this.#width
    this.#nodes.set(hash, index * HASH_BYTES)
    this.#width += 1
    for (let level = 1; index % 2 === 1; level += 1) {
      const left = offsetOf(level - 1, index - 1)
      index = (index - 1) / 2
      this.#nodes.copy(this.#pair, 1, left, left + 2 * HASH_BYTES)
      // As a Latin-1 string the digest costs a third of what it costs as a buffer of its own.
      this.#nodes.write(digest('sha256', this.#pair, 'latin1'), offsetOf(level, index), 'latin1')
    }
  }

  /** A node whose hashes are all there. A view: it must not be written to. */
  node(level: number, index: number): Buffer {
    const at = offsetOf(level, index)
    return this.#nodes.subarray(at, at + HASH_BYTES)
  }

  /** The hash over the full tile. */
  get root(): Buffer {
    return this.node(8, 0)
  }

  /** The first `width` hashes, default all: the bytes of the tile as served. A view. */
  bytes(width: number = this.#width): Buffer {
    return this.#nodes.subarray(0, width * HASH_BYTES)
  }

  /** A copy that grows on its own. */
  copy(): HashTile {
    const tile = new HashTile()
    this.#nodes.copy(tile.#nodes)
    tile.#width = this.#width
    return tile
  }
}

function offsetOf(level: number, index: number): number {
  return (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> level) + index) * HASH_BYTES
}
