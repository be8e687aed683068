import { isUtf8 } from 'node:buffer'
import { SIGNATURE_PREFIX, decodeBase64 } from './signed-note.ts'
import { parseCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'

/**
 * The body of `add-checkpoint` (c2sp.org/tlog-witness):
 *
 *     old <size of the checkpoint that was cosigned last, 0 if none>
 *     <base64 hash>             none to 63: the consistency proof
 *
 *     <checkpoint note>
 */
const MAX_HASHES = 63

/** Longest body that is looked at, in bytes. */
export const MAX_ADD_CHECKPOINT_BYTES = 65_536

/** A request taken apart. Nothing about it is verified. */
export interface AddCheckpointRequest {
  readonly oldSize: bigint
  readonly proof: readonly Buffer[]
  /** The note as it came. Its signature lines have not been looked at: a broken one is a bad signature. */
  readonly note: string
  readonly checkpoint: Checkpoint
}

/** The body that asks a witness to cosign. */
export function formatAddCheckpoint(oldSize: number, proof: readonly Buffer[], note: string): string {
  const hashes = proof.map((hash) => `${hash.toString('base64')}\n`)
  return `old ${oldSize}\n${hashes.join('')}\n${note}`
}

/** Reads a body; undefined when it is malformed. */
export function parseAddCheckpoint(body: string | Uint8Array): AddCheckpointRequest | undefined {
  if (body.length > MAX_ADD_CHECKPOINT_BYTES) return undefined
  if (typeof body !== 'string' && !isUtf8(body)) return undefined
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  const split = text.indexOf('\n\n')
  if (split < 0) return undefined
  const [first = '', ...lines] = text.slice(0, split).split('\n')
  const oldSize = /^old (0|[1-9]\d{0,19})$/.exec(first)?.[1]
  if (oldSize === undefined || lines.length > MAX_HASHES) return undefined
  const proof: Buffer[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== 32) return undefined
    proof.push(hash)
  }
  const note = text.slice(split + 2)
  const noteSplit = note.lastIndexOf('\n\n')
  const checkpoint = parseCheckpoint(note.slice(0, noteSplit + 1))
  if (checkpoint === undefined || !note.startsWith(SIGNATURE_PREFIX, noteSplit + 2)) return undefined
  return { oldSize: BigInt(oldSize), proof, note, checkpoint }
}
