import { encodeEntryBundle, decodeEntryBundle } from './entry-bundle.ts'
import type { LedgerTree } from './ledger-tree.ts'
import type { PublishedCheckpoints } from './published-checkpoints.ts'
import { TILE_WIDTH, parseTilePath } from './tile-path.ts'
import type { TileStore } from './tile-store.ts'
import { treeTile } from './tree-nodes.ts'

/** Something a client can fetch. */
export interface LedgerResource {
  readonly bytes: Buffer
  readonly contentType: string
  /** True: the bytes under this path never change and may be kept for ever. */
  readonly immutable: boolean
}

/** What the resources are made from. */
export interface ResourceParts {
  readonly checkpoints: PublishedCheckpoints
  readonly tree: LedgerTree
  readonly store: TileStore
  /** Entries `from` to `to` (left out), fewer when they are gone; undefined: entries are not served. */
  readonly entriesOf: ((from: number, to: number) => Promise<Uint8Array[]>) | undefined
}

/**
 * The static resources of a ledger (c2sp.org/tlog-tiles). Only what the newest checkpoint covers is served. A
 * partial tile or bundle is a beginning of the full one or of the edge, so every width is there that any
 * checkpoint has ever implied.
 */
export class LedgerResources {
  readonly #parts: ResourceParts

  constructor(parts: ResourceParts) {
    this.#parts = parts
  }

  /** @throws WuslaError `ledger_corrupt` when a stored tile is damaged */
  async get(path: string): Promise<LedgerResource | undefined> {
    const { latest } = this.#parts.checkpoints
    if (latest === undefined) return undefined
    if (path === 'checkpoint') {
      const bytes = Buffer.from(latest.note, 'utf8')
      return { bytes, contentType: 'text/plain; charset=utf-8', immutable: false }
    }
    const asked = parseTilePath(path)
    if (asked === undefined) return undefined
    const level = asked.level === 'entries' ? 0 : asked.level
    const index = Number(asked.index)
    const hashes = Math.floor(latest.size / TILE_WIDTH ** level)
    if (!Number.isSafeInteger(index) || index * TILE_WIDTH + asked.width > hashes) return undefined
    const bytes =
      asked.level === 'entries'
        ? await this.#bundle(index, asked.width)
        : await this.#tile(level, index, asked.width)
    return bytes === undefined
      ? undefined
      : { bytes, contentType: 'application/octet-stream', immutable: true }
  }

  async #tile(level: number, index: number, width: number): Promise<Buffer> {
    const tile = await treeTile(this.#parts.tree.edge, this.#parts.store, level, index)
    return Buffer.from(tile.bytes(width))
  }

  async #bundle(index: number, width: number): Promise<Buffer | undefined> {
    const { entriesOf, store } = this.#parts
    if (entriesOf === undefined) return undefined
    const full = await store.readBundle(index)
    if (full !== undefined && width === TILE_WIDTH) return full
    const from = index * TILE_WIDTH
    const entries =
      full === undefined
        ? await entriesOf(from, from + width)
        : decodeEntryBundle(full, TILE_WIDTH)?.slice(0, width)
    return entries?.length === width ? encodeEntryBundle(entries) : undefined
  }
}
