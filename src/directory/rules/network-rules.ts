import { keyIdOf } from '../../protocol/digest.ts'
import type { Anchor } from '../../trust/anchor.ts'
import type { ChangeOf } from '../change.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { allow, refuse } from './judgement.ts'
import type { Judgement } from './judgement.ts'
import { needSignatures } from './signers.ts'

const HOUR_MS = 3_600_000

/** Entry 0. It must say what the anchor says: a log of another network, or of another key, starts nothing here. */
export function judgeFounding(
  state: DirectoryState,
  entry: SignedEntry,
  change: ChangeOf<'network_founded'>,
  { anchor, index }: { anchor: Anchor; index: number },
): Judgement {
  if (index > 0) return refuse('already_founded', 'only the first entry founds the network')
  for (const field of ['registryKey', 'rootCertificate', 'logKey'] as const) {
    if (change[field] !== anchor[field])
      return refuse('wrong_anchor', `${field} is not the one of the anchor`)
  }
  const signed = needSignatures(state, entry, [
    { as: 'new key', by: 'registry', publicKey: anchor.registryKey },
  ])
  if (!signed.ok) return signed
  return allow(signed.proofs, () => {
    state.network = {
      network: change.network,
      founded: change,
      registryKeyId: keyIdOf(Buffer.from(change.registryKey, 'base64url')),
      maxStalenessMs: change.maxStalenessHours * HOUR_MS,
    }
  })
}
