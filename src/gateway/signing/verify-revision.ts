import { type Agreement, agreementHash } from '../../agreements/agreement.ts'
import type { MandateSigner } from '../../agreements/mandate-terms.ts'
import type { DocumentFacts } from '../../agreements/signed-document-result.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { mandateHistories } from '../documents/mandate-history.ts'
import type { SigningDeps, SigningPolicy } from './signing-ports.ts'

/** What verification is given. */
export type VerifyDeps = Pick<SigningDeps, 'network' | 'directory' | 'testAuthorities' | 'typeset' | 'verify'>

/** A revision and what is said of it. */
export interface ClaimedRevision {
  readonly content: Agreement
  readonly pdf: Uint8Array
  readonly signers: readonly MandateSigner[]
  /** Not every party has signed yet. */
  readonly partial: boolean
  /** A member whose second official is yet to sign. */
  readonly awaitsSecond?: string
}

/** The policy by which officials sign, or signed an agreement in force. @throws WuslaError `signing_policy_missing` */
export function needPolicy({ directory }: Pick<SigningDeps, 'directory'>, agreement?: string): SigningPolicy {
  const policy = directory.signingPolicy(agreement)
  if (policy === undefined) throw new WuslaError('signing_policy_missing')
  return policy
}

/** The roots of a policy in DER. */
export function rootsOf({ roots }: SigningPolicy): readonly Uint8Array[] {
  return roots.map((root) => Buffer.from(root, 'base64url'))
}

/**
 * Verifies a revision of an agreement's document as the policy of the network asks, or asked when it took effect, with the mandates as the directory shows them. Roots of test
 * authorities count only where both the policy and this gateway's own configuration let them.
 *
 * @throws WuslaError `signed_document_refused` with `details.step` and `details.failure`, `signing_policy_missing`
 */
export async function verifyRevision(deps: VerifyDeps, claimed: ClaimedRevision): Promise<DocumentFacts> {
  const { network, directory, testAuthorities, verify } = deps
  const { content, pdf, signers, partial, awaitsSecond } = claimed
  const policy = needPolicy(deps, agreementHash(content))
  const result = await verify({
    pdf,
    network,
    roots: rootsOf(policy),
    qualifiedPolicies: policy.qualifiedPolicies,
    requireQualified: policy.level === 'qualified',
    allowTestRoot: testAuthorities && policy.testAuthorities === true,
    partial,
    // Typeset once at this gateway; what is kept of it was made here.
    unsigned: await deps.typeset(content),
    signers,
    ...(awaitsSecond === undefined ? {} : { awaitsSecond }),
    mandates: mandateHistories(
      directory,
      signers.map(({ mandate }) => mandate),
    ),
  })
  if (result.ok) return result.facts
  const { step, code: failure, message } = result
  throw new WuslaError('signed_document_refused', { message, details: { step, failure } })
}
