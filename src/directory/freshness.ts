import { cosign } from '../ledger/checkpoint.ts'
import { sha256 } from '../protocol/digest.ts'
import { parseVkey } from '../trust/note-key.ts'
import type { NoteSigner, NoteVerifier } from '../trust/note-key.ts'

/**
 * How a follower knows that what it holds is the present: with each checkpoint that the log hands out comes a
 * timestamped cosignature by the log's own key (c2sp.org/tlog-cosignature, type 0x04), not older than some seconds.
 * A mirror passes it on and cannot make one: whoever keeps a gateway in the past can do so for no longer than the
 * network's bound on staleness.
 */
const COSIGNATURE_TYPE = 0x04

/** The verifier of the freshness lines of a log: its name and its key, as a key of the type cosignature. */
export function freshnessVerifier(log: NoteVerifier): NoteVerifier {
  const key = Buffer.concat([Buffer.of(COSIGNATURE_TYPE), log.publicKey])
  const id = sha256(Buffer.concat([Buffer.from(`${log.name}\n`, 'utf8'), key])).subarray(0, 4)
  return parseVkey(`${log.name}+${id.toString('hex')}+${key.toString('base64')}`)
}

/**
 * The freshness line for the text of a checkpoint: "this was my newest checkpoint at this time". To be made only
 * for the newest one.
 *
 * @param nowMs - milliseconds since 1970
 */
export function freshnessLine(text: string, log: NoteSigner, nowMs: number): string {
  const { name, keyId, type, vkey } = freshnessVerifier(log.verifier)
  const signer: NoteSigner = { ...log, name, keyId, type, vkey }
  return cosign(text, signer, Math.floor(nowMs / 1000))
}
