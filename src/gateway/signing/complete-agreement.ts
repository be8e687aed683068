import { makeAcceptance } from '../../agreements/acceptance.ts'
import { digest256 } from '../../protocol/digest.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { pauseUnlessAborted } from '../pause-unless-aborted.ts'
import type { HeldRevisions } from './held-revisions.ts'
import type { PreparedAgreement } from './prepare-agreement.ts'
import type { SigningDeps } from './signing-ports.ts'
import { needPolicy, rootsOf, verifyRevision } from './verify-revision.ts'

/** Pauses before a document is sent again to a registry that is away, in milliseconds. The person need not sign twice. */
const AGAIN_MS = [1_000, 4_000, 15_000] as const

/**
 * What follows the signature of an official: adds the material for long validation, verifies the whole document, accepts it with the seal and
 * files it. Where a second official has to sign, the revision is kept here instead, under the lease.
 *
 * @throws WuslaError `certificate_revoked`, `revocation_unavailable`, `signed_document_refused`, of the registry
 */
export async function completeAgreement(
  deps: SigningDeps,
  held: HeldRevisions,
  prepared: PreparedAgreement,
  signed: Uint8Array,
  signal: AbortSignal,
): Promise<'signed' | 'held'> {
  const { member, registry, key, clock } = deps
  const { agreement, content, first, signer, others, awaitsSecond, base } = prepared
  const pdf = await deps.addValidationData(signed, rootsOf(needPolicy(deps)))
  const own = first === undefined ? [signer] : [first.signer, signer]
  const signers = [...others, ...own]
  const partial = others.length === 0 || awaitsSecond
  await verifyRevision(deps, {
    content,
    pdf,
    signers,
    partial,
    ...(awaitsSecond ? { awaitsSecond: member } : {}),
  })
  if (awaitsSecond) {
    // Anew, since the first official has used a part of it: nobody else signs until the second one has.
    await registry.takeLease(agreement)
    held.keep(agreement, { pdf, signer, base })
    return 'held'
  }
  const acceptance = await makeAcceptance({
    agreement,
    member,
    key: key(),
    nowMs: clock.nowMs(),
    signed: { document: digest256(pdf), mandates: own.map(({ mandate }) => mandate) },
  })
  if (!partial) deps.noteVerified(agreement, pdf, signers)
  const submit = async (): Promise<void> =>
    await registry.submitDocument(agreement, { document: pdf, acceptance, signers: own })
  await untilReached(submit, signal)
  held.forget(agreement)
  return 'signed'
}

/** The registry takes the same revision once, however often it comes. */
async function untilReached(submit: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (const pauseMs of AGAIN_MS) {
    try {
      await submit()
      return
    } catch (error) {
      if (!isWuslaError(error) || error.code !== 'registry_unreachable' || signal.aborted) throw error
      await pauseUnlessAborted(pauseMs, signal)
    }
  }
  await submit()
}
