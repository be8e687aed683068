import { WuslaError } from '../protocol/wusla-error.ts'
import { encodeEntryBundle } from '../ledger/entry-bundle.ts'
import { TILE_WIDTH } from '../ledger/tile-path.ts'

/**
 * A snapshot is the whole log up to one signed checkpoint, in one stream, so that a new follower starts with one
 * download instead of a thousand:
 *
 *     "wusla/snapshot/v1\n"
 *     u32 length (big-endian) || note          the signed checkpoint, with its cosignatures
 *     u16 length (big-endian) || entry         as often as the checkpoint says
 *
 * It needs no signature of its own: the checkpoint's root covers every entry. It leaves nothing out, since an entry
 * left out may be a revocation.
 */
const MAGIC = Buffer.from('wusla/snapshot/v1\n', 'utf8')
const MAX_NOTE_BYTES = 65_536

/** What a snapshot is made from. */
export interface SnapshotSource {
  /** The newest checkpoint and the number of entries it covers. */
  readonly checkpoint: () => { readonly note: string; readonly size: number }
  /** Entries `from` to `to` (left out). */
  readonly entries: (from: number, to: number) => Promise<readonly Uint8Array[]>
}

/** Writes a snapshot of what there is now, piece by piece. */
export async function* writeSnapshot(source: SnapshotSource): AsyncGenerator<Uint8Array> {
  const { note, size } = source.checkpoint()
  const bytes = Buffer.from(note, 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  yield Buffer.concat([MAGIC, length, bytes])
  for (let from = 0; from < size; from += TILE_WIDTH) {
    yield encodeEntryBundle(await source.entries(from, Math.min(size, from + TILE_WIDTH)))
  }
}

/** The parts of a snapshot in order: the note first, then entries, some at a time. */
export type SnapshotPart =
  | { readonly kind: 'note'; readonly note: string }
  | { readonly kind: 'entries'; readonly entries: readonly Buffer[] }

/**
 * Reads a snapshot as it comes in, with little memory. Nothing of it is verified here.
 *
 * @throws WuslaError `invalid_tile` when the bytes are not a snapshot
 */
export async function* readSnapshot(stream: AsyncIterable<Uint8Array>): AsyncGenerator<SnapshotPart> {
  let held: Buffer = Buffer.alloc(0)
  let isBegun = false
  for await (const chunk of stream) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
    if (!isBegun) {
      const begun = takeNote(held)
      if (begun === undefined) continue
      yield { kind: 'note', note: begun.note }
      held = begun.rest
      isBegun = true
    }
    const { entries, rest } = takeEntries(held)
    held = rest
    if (entries.length > 0) yield { kind: 'entries', entries }
  }
  if (!isBegun || held.length > 0) throw damaged()
}

function takeNote(bytes: Buffer): { note: string; rest: Buffer } | undefined {
  const begin = MAGIC.length + 4
  if (bytes.length < begin) return undefined
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged()
  const length = bytes.readUInt32BE(MAGIC.length)
  if (length > MAX_NOTE_BYTES) throw damaged()
  if (bytes.length < begin + length) return undefined
  return { note: bytes.toString('utf8', begin, begin + length), rest: bytes.subarray(begin + length) }
}

function takeEntries(bytes: Buffer): { entries: Buffer[]; rest: Buffer } {
  const entries: Buffer[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) break
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return { entries, rest: bytes.subarray(at) }
}

function damaged(): WuslaError {
  return new WuslaError('invalid_tile', { message: 'The bytes are not a snapshot of a directory.' })
}
