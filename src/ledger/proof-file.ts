import { leafHash, verifyInclusion } from '../protocol/merkle.ts'
import { openCheckpoint } from './checkpoint.ts'
import type { CheckpointTrust } from './checkpoint.ts'
import { decodeBase64 } from './signed-note.ts'

/**
 * Offline proofs (c2sp.org/tlog-proof):
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>            may be missing
 *     index <decimal>
 *     <base64 hash>             none to 63, the leaf's sibling first
 *
 *     <checkpoint note>
 */
const FIRST_LINE = 'c2sp.org/tlog-proof@v1'
const MAX_HASHES = 63
const MAX_INDEX = 2n ** 64n - 1n

/** A proof file taken apart. Nothing about it is verified. */
export interface ProofFile {
  readonly index: bigint
  readonly hashes: readonly Buffer[]
  /** Whatever the maker put in; nothing vouches for it. */
  readonly extra?: Buffer
  readonly checkpoint: string
}

/** The proof as text. */
export function formatProofFile(proof: ProofFile): string {
  const extra = proof.extra === undefined ? [] : [`extra ${proof.extra.toString('base64')}`]
  const hashes = proof.hashes.map((hash) => hash.toString('base64'))
  return `${[FIRST_LINE, ...extra, `index ${proof.index}`, ...hashes].join('\n')}\n\n${proof.checkpoint}`
}

/** Reads a proof file; undefined when it is not one. */
export function parseProofFile(text: string): ProofFile | undefined {
  const split = text.indexOf('\n\n')
  if (split < 0) return undefined
  const [first, ...lines] = text.slice(0, split).split('\n')
  if (first !== FIRST_LINE) return undefined
  const extra = lines[0]?.startsWith('extra ') === true ? decodeBase64(lines.shift()?.slice(6) ?? '') : null
  if (extra === undefined) return undefined
  const index = /^index (0|[1-9]\d{0,19})$/.exec(lines.shift() ?? '')?.[1]
  if (index === undefined || BigInt(index) > MAX_INDEX || lines.length > MAX_HASHES) return undefined
  const hashes: Buffer[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== 32) return undefined
    hashes.push(hash)
  }
  const proof = { index: BigInt(index), hashes, checkpoint: text.slice(split + 2) }
  return extra === null ? proof : { ...proof, extra }
}

/** What a proof file shows about an entry, or the first step that fails. */
export type ProofResult =
  | {
      readonly ok: true
      readonly index: number
      readonly size: number
      readonly cosigners: readonly string[]
    }
  | { readonly ok: false; readonly step: 'form' | 'checkpoint' | 'cosignatures' | 'inclusion' }

/**
 * Verifies a proof file with nothing but keys.
 *
 * @param entry - the entry that is said to be in the ledger
 * @param minCosignatures - how many of the known witnesses must have cosigned; default 0
 */
export function verifyProofFile(
  text: string,
  entry: Uint8Array,
  trust: CheckpointTrust,
  minCosignatures: number = 0,
): ProofResult {
  const proof = parseProofFile(text)
  if (proof === undefined) return { ok: false, step: 'form' }
  const opened = openCheckpoint(proof.checkpoint, trust)
  if (!opened.ok) return { ok: false, step: 'checkpoint' }
  if (opened.cosignatures.length < minCosignatures) return { ok: false, step: 'cosignatures' }
  const index = Number(proof.index)
  const { size, checkpoint } = opened
  const claim = { leafHash: leafHash(entry), index, size, proof: proof.hashes, root: checkpoint.rootHash }
  if (!verifyInclusion(claim)) return { ok: false, step: 'inclusion' }
  return { ok: true, index, size, cosigners: opened.cosignatures.map(({ verifier }) => verifier.name) }
}
