/**
 * Names of tiles and entry bundles (c2sp.org/tlog-tiles). A tile holds up to 256 hashes of one level; an entry
 * bundle holds the entries below one tile of level 0.
 */

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256

/** Highest level a path can name. */
const MAX_LEVEL = 63

/** Index groups of a path: at most six of three digits, which is below 2^63 as the format asks. */
const INDEX = /^(?:x(\d{3})\/){0,5}(\d{3})$/
const PATH = /^tile\/(entries|0|[1-9]\d?)\/([x\d/]+?)(?:\.p\/([1-9]\d{0,2}))?$/

/** What a path names. `width` is 256 for a full tile and 1 to 255 for a partial one. */
export interface TilePath {
  /** 0 to 63, or `entries` for an entry bundle. */
  readonly level: number | 'entries'
  readonly index: bigint
  readonly width: number
}

/** `tile/<level>/<index>[.p/<width>]`; a width of 256, which is the default, names the full tile. */
export function formatTilePath(
  level: number | 'entries',
  index: number | bigint,
  width: number = TILE_WIDTH,
): string {
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`
  return `tile/${level}/${formatIndex(BigInt(index))}${suffix}`
}

function formatIndex(index: bigint): string {
  const digits = index.toString()
  const groups: string[] = []
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  for (let i = 0; i < padded.length; i += 3) groups.push(padded.slice(i, i + 3))
  const last = groups.pop() ?? '000'
  return [...groups.map((group) => `x${group}`), last].join('/')
}

/** Reads a path; undefined when it is not the one way to write the name of a tile or bundle. */
export function parseTilePath(path: string): TilePath | undefined {
  const match = PATH.exec(path)
  if (match === null) return undefined
  const [, levelText = '', indexText = '', widthText] = match
  if (!INDEX.test(indexText)) return undefined
  const level = levelText === 'entries' ? levelText : Number(levelText)
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText)
  if (level !== 'entries' && level > MAX_LEVEL) return undefined
  if (widthText !== undefined && width >= TILE_WIDTH) return undefined
  const index = BigInt(indexText.replaceAll(/[x/]/g, ''))
  // Leading groups of zeros would give one tile two names.
  return formatTilePath(level, index, width) === path ? { level, index, width } : undefined
}

/** The path of the entry bundle that holds entry `index` in a ledger of `size` entries. */
export function bundlePathOf(index: number, size: number): string {
  const bundle = Math.floor(index / TILE_WIDTH)
  return formatTilePath('entries', bundle, Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH))
}

/** How many tiles one level has at a certain size of the ledger. */
export interface TileLevel {
  readonly level: number
  /** Number of full tiles. */
  readonly full: number
  /** Hashes in the partial tile after them; 0 = there is none. */
  readonly partialWidth: number
}

/** The levels of a ledger of `size` entries, from the leaves up; a level without any tile is left out. */
export function tileLevels(size: number): TileLevel[] {
  const levels: TileLevel[] = []
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    levels.push({ level, full: Math.floor(hashes / TILE_WIDTH), partialWidth: hashes % TILE_WIDTH })
  }
  return levels
}

/** Where a node of the tree lies. */
export interface TilePlace {
  readonly tileLevel: number
  readonly tileIndex: number
  /** 0 = a hash of the tile itself, up to 7 = computed from 128 of them. */
  readonly levelInTile: number
  readonly indexInTile: number
}

/** The tile from which node `index` of tree level `level` (0 = leaves) is read or computed. */
export function tilePlace(level: number, index: number): TilePlace {
  const levelInTile = level % 8
  const perTile = 2 ** (8 - levelInTile)
  return {
    tileLevel: Math.floor(level / 8),
    tileIndex: Math.floor(index / perTile),
    levelInTile,
    indexInTile: index % perTile,
  }
}
