import { keyIdOf } from '../../protocol/digest.ts'
import { isSealAlgorithm } from '../../trust/seal-key.ts'
import type { SealVerifier } from '../../trust/seal-key.ts'
import { verifyChangeSignature } from '../../trust/signed-change.ts'
import type { ChangeSignature } from '../../trust/signed-change.ts'
import { ENROLMENT_SIGNER } from '../enrolment-key.ts'
import type { SignedEntry } from '../signed-entry.ts'
import type { DirectoryState } from '../state/directory-state.ts'
import { refuse } from './judgement.ts'
import type { Proof, Refusal } from './judgement.ts'

/** Someone whose signature a change needs. */
export type Signer =
  /** The registry, with the key of entry 0. */
  | { readonly as: 'registry' }
  /** A member, with any of its active seal keys. */
  | { readonly as: 'member'; readonly member: string }
  /** The holder of a key that the change itself brings: shows possession. */
  | { readonly as: 'new key'; readonly by: string; readonly publicKey: string }

/**
 * Whether a change carries exactly the signatures it needs, one by each signer. Keys are looked up and judged
 * now; the arithmetic is left to the proofs. Signatures of unknown algorithms are passed over, so that a second,
 * post-quantum one can be introduced; one too many of a known algorithm is refused, since nobody answers for it.
 *
 * @param asOf - judge a member's keys as they were when the entry of this index came; default: as they are now.
 */
export function needSignatures(
  state: DirectoryState,
  entry: SignedEntry,
  signers: readonly Signer[],
  asOf?: number,
): { readonly ok: true; readonly proofs: readonly Proof[] } | Refusal {
  const rest = entry.signatures.filter(({ alg, by }) => isSealAlgorithm(alg) && by !== ENROLMENT_SIGNER)
  const proofs: Proof[] = []
  for (const signer of signers) {
    const by = nameOf(signer)
    const place = rest.findIndex((signature) => signature.by === by)
    const signature = rest[place]
    if (signature === undefined) return refuse('missing_signature', `not signed by ${by}`)
    rest.splice(place, 1)
    const verifier = verifierFor(state, signer, signature.key, asOf)
    if (verifier === undefined) return refuse('wrong_signer', `not an active key of ${by}`)
    proofs.push(signatureProof(entry, signature, verifier, by))
  }
  const [extra] = rest
  if (extra !== undefined) return refuse('unexpected_signature', 'a signature that this change does not need')
  return { ok: true, proofs }
}

/** Whether the registry put its name to a change that either it or a member may make. */
export function isSignedByRegistry(entry: SignedEntry): boolean {
  return entry.signatures.some(({ by }) => by === 'registry')
}

/** The verifier of a seal key of this member that may sign now, or that might when the entry `asOf` came. */
export function memberVerifier(
  state: DirectoryState,
  member: string,
  keyId: string,
  asOf?: number,
): (() => SealVerifier) | undefined {
  const key = state.keys.get(keyId)
  if (key === undefined || key.use !== 'seal' || key.member !== member) return undefined
  const ended = key.revokedIndex !== undefined && (asOf === undefined || key.revokedIndex <= asOf)
  if (ended || (asOf !== undefined && key.boundIndex >= asOf)) return undefined
  return () => state.verifiers.get(keyId, key.publicKey)
}

function nameOf(signer: Signer): string {
  if (signer.as === 'registry') return 'registry'
  return signer.as === 'member' ? signer.member : signer.by
}

function verifierFor(
  state: DirectoryState,
  signer: Signer,
  keyId: string,
  asOf: number | undefined,
): (() => SealVerifier) | undefined {
  if (signer.as === 'member') return memberVerifier(state, signer.member, keyId, asOf)
  if (signer.as === 'registry') {
    const { network } = state
    if (network?.registryKeyId !== keyId) return undefined
    return () => state.verifiers.get(keyId, network.founded.registryKey)
  }
  const { publicKey } = signer
  if (keyIdOf(Buffer.from(publicKey, 'base64url')) !== keyId) return undefined
  return () => state.verifiers.get(keyId, publicKey)
}

function signatureProof(
  entry: SignedEntry,
  signature: ChangeSignature,
  verifier: () => SealVerifier,
  by: string,
): Proof {
  return () => {
    try {
      if (verifyChangeSignature(entry.signingBytes(), signature, verifier())) return undefined
    } catch {
      // 91 well-formed bytes that are no point of the curve: nobody can sign with such a key.
    }
    return refuse('bad_signature', `the signature by ${by} does not verify`)
  }
}
