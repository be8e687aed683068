import { join } from 'node:path'
import { WuslaError } from '../protocol/wusla-error.ts'
import { ensureDirectory, readFileIfThere, replaceFiles } from './durable-file.ts'
import type { NewFile } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { FULL_TILE_BYTES, HashTile } from './hash-tile.ts'
import { TILE_WIDTH, formatTilePath } from './tile-path.ts'
import { MAX_ENTRY_BYTES } from '../protocol/limits.ts'

/** Tiles kept in memory with the nodes above their hashes, 16 KiB each. */
const KEPT_TILES = 512

const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)

/** One number for a tile: there are at most 64 levels. */
export function tileKey(level: number, index: number): number {
  return index * 64 + level
}

/** A full tile or bundle to be stored. */
export interface StoredTile {
  readonly level: number | 'entries'
  readonly index: number
  readonly bytes: Uint8Array
}

/**
 * The full tiles and full entry bundles of a ledger on disk, under the very paths a client asks for. They never
 * change. Partial ones are not stored: each is a beginning of a full one or of the edge.
 */
export class TileStore {
  readonly #fs: FileSystem
  readonly #root: string
  readonly #kept = new Map<number, HashTile>()
  #directories = new Set<string>()

  constructor(fs: FileSystem, root: string) {
    this.#fs = fs
    this.#root = root
  }

  /** Stores tiles; when the promise resolves they and their names are durable. Storing one again is harmless. */
  async store(tiles: readonly StoredTile[]): Promise<void> {
    const files: NewFile[] = []
    // Remembered for one call only: a ledger of years has many directories.
    this.#directories = new Set()
    for (const { level, index, bytes } of tiles) {
      const names = formatTilePath(level, index).split('/')
      const name = names.pop() ?? ''
      const directory = await ensureDirectory(this.#fs, this.#root, names, this.#directories)
      files.push({ path: join(directory, name), bytes })
    }
    await replaceFiles(this.#fs, files)
  }

  /** The bytes of a full entry bundle, or undefined when it is not stored. Not checked against the tree. */
  readBundle(index: number): Promise<Buffer | undefined> {
    return readFileIfThere(this.#fs, join(this.#root, formatTilePath('entries', index)), MAX_BUNDLE_BYTES)
  }

  /**
   * A full tile.
   *
   * @param root - the hash over the tile, from the tile above: what is on disk is not believed without it
   * @throws WuslaError `ledger_corrupt` when the tile is missing or damaged
   */
  async readTile(level: number, index: number, root: Uint8Array): Promise<HashTile> {
    const key = tileKey(level, index)
    const kept = this.#kept.get(key)
    const tile = kept ?? (await this.readUnchecked(level, index))
    if (tile === undefined || !tile.root.equals(root)) {
      throw new WuslaError('ledger_corrupt', { details: { tile: formatTilePath(level, index) } })
    }
    this.#keep(key, tile)
    return tile
  }

  /** A full tile as it is on disk, or undefined when it is missing or has another length. */
  async readUnchecked(level: number, index: number): Promise<HashTile | undefined> {
    const path = join(this.#root, formatTilePath(level, index))
    const bytes = await readFileIfThere(this.#fs, path, FULL_TILE_BYTES + 1)
    return bytes?.length === FULL_TILE_BYTES ? HashTile.from(bytes) : undefined
  }

  #keep(key: number, tile: HashTile): void {
    this.#kept.delete(key)
    this.#kept.set(key, tile)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_TILES) break
      this.#kept.delete(oldest)
    }
  }
}
