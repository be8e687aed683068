import { crc32 } from 'node:zlib'

/**
 * Bytes of a journal (docs/spec/ledger.md, section 2). All integers are big-endian.
 *
 *     segment   header, records one after the other, then zero bytes (space made ahead of use)
 *
 *     header    8  "WUSLAJ1\n"
 *               8  sequence of the first record
 *               8  when the segment was begun, milliseconds since 1970
 *               4  zero
 *               4  salt
 *               4  CRC-32 of the 32 bytes before
 *
 *     record    4  "WREC"
 *               4  CRC-32, starting from the salt, of everything that follows
 *               4  length of the payload
 *               4  distance of this record from the first record of its group, in bytes
 *               8  sequence
 *               …  payload
 *
 * A group is what one durable write carried. A group is written only after the one before it is durable, so a
 * record proves by its distance that everything before its group had been acknowledged.
 *
 * The salt is random and stays inside the house: without it nobody can place bytes in a payload that would
 * pass for a record.
 */
export const SEGMENT_HEADER_BYTES = 36
export const RECORD_HEADER_BYTES = 24

/** Longest payload of one record, in bytes. */
export const MAX_RECORD_BYTES = 1_048_576

const SEGMENT_MAGIC = Buffer.from('WUSLAJ1\n', 'latin1')
const SEGMENT_CRC_OFFSET = 32
const SEQUENCE_OFFSET = 8
const CREATED_OFFSET = 16
const SALT_OFFSET = 28

/** `WREC` */
export const RECORD_MARK: Buffer = Buffer.from('WREC', 'latin1')
const RECORD_MARK_WORD = 0x57_52_45_43
const CRC_END = 8
const HIGH_WORD = 0x1_0000_0000

/** What the header of a segment says. */
export interface SegmentHeader {
  readonly firstSequence: number
  /** When the segment was begun, milliseconds since 1970. */
  readonly createdMs: number
  readonly salt: number
}

/** The header as bytes. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  SEGMENT_MAGIC.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(header.firstSequence), SEQUENCE_OFFSET)
  bytes.writeBigUInt64BE(BigInt(Math.trunc(header.createdMs)), CREATED_OFFSET)
  bytes.writeUInt32BE(header.salt, SALT_OFFSET)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, SEGMENT_CRC_OFFSET)), SEGMENT_CRC_OFFSET)
  return bytes
}

/** Reads a header; undefined when the bytes are not one. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined
  if (!bytes.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC)) return undefined
  if (bytes.readUInt32BE(SEGMENT_CRC_OFFSET) !== crc32(bytes.subarray(0, SEGMENT_CRC_OFFSET)))
    return undefined
  return {
    firstSequence: Number(bytes.readBigUInt64BE(SEQUENCE_OFFSET)),
    createdMs: Number(bytes.readBigUInt64BE(CREATED_OFFSET)),
    salt: bytes.readUInt32BE(SALT_OFFSET),
  }
}

/** The file name of the segment that begins with this record: 16 digits and `.seg`. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, '0')}.seg`
}

/** The first sequence of a segment by its file name; undefined for another file. */
export function parseSegmentName(name: string): number | undefined {
  const match = /^(\d{16})\.seg$/.exec(name)
  const sequence = Number(match?.[1])
  return Number.isSafeInteger(sequence) ? sequence : undefined
}

/** Where a record goes. */
export interface RecordPlace {
  readonly sequence: number
  readonly distance: number
  readonly salt: number
}

/** Writes header and payload at `offset`; `into` must have the room. Returns the offset behind the record. */
export function putRecord(into: Buffer, offset: number, payload: Uint8Array, place: RecordPlace): number {
  const { sequence, distance, salt } = place
  const end = offset + RECORD_HEADER_BYTES + payload.length
  into.writeUInt32BE(RECORD_MARK_WORD, offset)
  into.writeUInt32BE(payload.length, offset + 8)
  into.writeUInt32BE(distance, offset + 12)
  into.writeUInt32BE(Math.floor(sequence / HIGH_WORD), offset + 16)
  into.writeUInt32BE(sequence % HIGH_WORD, offset + 20)
  into.set(payload, offset + RECORD_HEADER_BYTES)
  into.writeUInt32BE(crc32(into.subarray(offset + CRC_END, end), salt), offset + 4)
  return end
}

/** A record found in a buffer. `payload` is a view into it. */
export interface FoundRecord {
  readonly kind: 'record'
  readonly sequence: number
  readonly distance: number
  readonly payload: Buffer
  /** Offset behind the record. */
  readonly end: number
}

/** What stands at an offset: a record, the beginning of one (`needs` bytes in all), or no record. */
export type RecordOutcome =
  FoundRecord | { readonly kind: 'cut'; readonly needs: number } | { readonly kind: 'bad' }

const BAD: RecordOutcome = Object.freeze({ kind: 'bad' })

/** Looks for a record at `offset`. */
export function takeRecord(from: Buffer, offset: number, salt: number): RecordOutcome {
  if (from.length - offset < RECORD_HEADER_BYTES) return { kind: 'cut', needs: RECORD_HEADER_BYTES }
  if (from.readUInt32BE(offset) !== RECORD_MARK_WORD) return BAD
  const length = from.readUInt32BE(offset + 8)
  if (length > MAX_RECORD_BYTES) return BAD
  const start = offset + RECORD_HEADER_BYTES
  const end = start + length
  if (end > from.length) return { kind: 'cut', needs: end - offset }
  if (crc32(from.subarray(offset + CRC_END, end), salt) !== from.readUInt32BE(offset + 4)) return BAD
  return {
    kind: 'record',
    sequence: from.readUInt32BE(offset + 16) * HIGH_WORD + from.readUInt32BE(offset + 20),
    distance: from.readUInt32BE(offset + 12),
    payload: from.subarray(start, end),
    end,
  }
}
