import type { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import { freshnessVerifier } from '../../src/directory/freshness.ts'
import type { DirectoryReader } from '../../src/evidence/directory-reader.ts'
import { type Anchor, directoryOrigin } from '../../src/trust/anchor.ts'
import { parseVkey } from '../../src/trust/note-key.ts'

/** The directory as an export of evidence reads it: one checkpoint, held still while the parts are gathered. */
export function evidenceReader(follower: DirectoryFollower, anchor: Anchor): DirectoryReader {
  const checkpoint = withoutFreshness(follower.latestCheckpoint(), anchor)
  return {
    size: Number(checkpoint.split('\n')[1]),
    latestCheckpoint: () => checkpoint,
    entry: async (index) => await follower.entry(index),
    inclusionProof: async (index, size) => await follower.inclusionProof(index, size),
    entriesFor: (subjects) => follower.entriesFor(subjects),
  }
}

/** The log's word that a checkpoint is its newest matters to followers for minutes; to a verifier years later it is noise. */
function withoutFreshness(note: string, anchor: Anchor): string {
  const { keyId } = freshnessVerifier(parseVkey(anchor.logKey))
  const start = `— ${directoryOrigin(anchor.network)} `
  const isFreshness = (line: string): boolean =>
    line.startsWith(start) && keyIdIn(line.slice(start.length)) === keyId
  return note
    .split('\n')
    .filter((line) => !isFreshness(line))
    .join('\n')
}

/** The key id in front of a signature; a line that is too short for one has none. */
function keyIdIn(signature: string): number | undefined {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.length < 4 ? undefined : bytes.readUInt32BE(0)
}
