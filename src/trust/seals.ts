import type { Seal } from '../protocol/batch.ts'
import { MAX_SEALS } from '../protocol/limits.ts'
import { isSealAlgorithm } from './seal-key.ts'
import type { SealVerifier } from './seal-key.ts'

/** What {@link verifySeals} found. `keyId` names the key that decided. */
export type SealCheck =
  | { readonly ok: true; readonly keyId: string }
  | {
      readonly ok: false
      readonly reason: 'no_seal' | 'too_many_seals' | 'no_known_algorithm' | 'unknown_key' | 'bad_seal'
      readonly keyId?: string
    }

/**
 * Checks the seals of a batch: every seal with a known algorithm must verify, and the first of them decides who
 * sealed. Seals with an unknown algorithm are passed over, so that a second, post-quantum seal can be
 * introduced while older peers are still about; a list of unknown ones only is refused, and so is one of more
 * than {@link MAX_SEALS}.
 *
 * @param resolveKey - gives the verifier of a key id that the expected signer may use, else undefined.
 */
export function verifySeals(
  data: Uint8Array,
  seals: readonly Seal[],
  resolveKey: (keyId: string) => SealVerifier | undefined,
): SealCheck {
  if (seals.length === 0) return { ok: false, reason: 'no_seal' }
  if (seals.length > MAX_SEALS) return { ok: false, reason: 'too_many_seals' }
  let decided: string | undefined
  for (const seal of seals) {
    if (!isSealAlgorithm(seal.alg)) continue
    const verifier = resolveKey(seal.key)
    if (verifier === undefined) return { ok: false, reason: 'unknown_key', keyId: seal.key }
    if (!verifier.verify(data, seal)) return { ok: false, reason: 'bad_seal', keyId: seal.key }
    decided ??= seal.key
  }
  return decided === undefined ? { ok: false, reason: 'no_known_algorithm' } : { ok: true, keyId: decided }
}
