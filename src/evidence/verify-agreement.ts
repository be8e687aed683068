import type { MandateSource } from '../agreements/mandate-terms.ts'
import {
  type DirectoryFacts,
  DOCUMENT_FAILURES,
  type DocumentFacts,
  type DocumentFailure,
  type DocumentResult,
} from '../agreements/signed-document-result.ts'
import {
  type CarriedProof,
  type ProofReading,
  verifyAgreementPdf,
  type VerifyDocumentOptions,
} from '../agreements/verify-agreement-pdf.ts'
import type { Anchor } from '../trust/anchor.ts'
import { standingAt } from './verify/agreement-check.ts'
import { mandateStandingAt } from './verify/mandate-rules.ts'
import type { AgreementView, NetworkView, PolicyView } from './verify/network-view.ts'
import { readShown, type Shown } from './verify/shown-directory.ts'

/** What else a verifier may have in hand, and whom it believes beside the network. */
export interface VerifyAgreementOptions extends Pick<
  VerifyDocumentOptions,
  | 'qualifiedPolicies'
  | 'requireQualified'
  | 'requireRevocation'
  | 'partial'
  | 'allowTestRoot'
  | 'template'
  | 'typeset'
> {
  /** RFC 3339, UTC, milliseconds: when the standing is asked for. */
  readonly now: string
  /**
   * Own roots for officials and time-stamps, DER each. Where the network has a signing policy only those of them that it names too are
   * believed. Default: those of the policy; without one there are none.
   */
  readonly roots?: readonly Uint8Array[]
  /** All entries of the directory in order: newer than the proof in the document, and complete. */
  readonly directoryEntries?: readonly string[]
}

/**
 * Verifies a signed agreement offline, from the document with the proof in it and the anchor of the network: the document, the
 * officials by the roots and the level of the network's signing policy, their mandates when they signed, the seals of both members over this very
 * document, and how the agreement stands as far as the proof shows. `docs/spec/agreement-document.md`. Without a proof and without
 * the entries of the directory only the document is verified, by `roots`. Bounded by the size of what was given; never throws on account
 * of it.
 *
 * @returns what is proven, or the first step that fails
 * @throws WuslaError `document_not_typeset` when the typesetter fails here
 */
export async function verifySignedAgreement(
  file: Uint8Array,
  anchor: Anchor,
  options: VerifyAgreementOptions,
): Promise<DocumentResult> {
  const { now, roots = [], directoryEntries, ...document } = options
  let shown: Shown | undefined
  const readProof = (carried: CarriedProof): ProofReading => {
    const read = readShown(carried, anchor, directoryEntries)
    if (!read.ok) return read
    shown = read.shown
    if (shown !== undefined) return trustOf(shown, carried.agreement, options)
    return roots.length > 0 ? { ok: true, trust: {} } : { ok: false, failure: 'proof_missing' }
  }
  const result = await verifyAgreementPdf(file, { ...document, network: anchor.network, roots, readProof })
  return result.ok && shown !== undefined ? withDirectory(result.facts, shown, now) : result
}

function trustOf(shown: Shown, agreement: string, options: VerifyAgreementOptions): ProofReading {
  const { view, signers } = shown
  const isSignedUnder = view.agreements.get(agreement)?.signing !== undefined
  const policy = policyFor(view, agreement)
  const source: MandateSource | undefined =
    signers === undefined || !(isSignedUnder || signers.length > 0)
      ? undefined
      : { signers, at: (mandate, time) => mandateStandingAt(view, mandate, time) }
  const mandates = source === undefined ? {} : { mandates: source }
  if (policy === undefined) return { ok: true, trust: mandates }
  const { level, qualifiedPolicies, testAuthorities } = policy
  const believed = rootsOf(policy, options.roots)
  if (believed.length === 0)
    return {
      ok: false,
      failure: 'certificate_path',
      detail: 'the signing policy names none of the roots believed here',
    }
  const own = options.qualifiedPolicies
  return {
    ok: true,
    trust: {
      ...mandates,
      roots: believed,
      qualifiedPolicies: qualifiedPolicies.filter((each) => own?.includes(each) !== false),
      requireQualified: options.requireQualified === true || level === 'qualified',
      allowTestRoot: options.allowTestRoot === true || testAuthorities === true,
    },
  }
}

/** What was signed rightly stays signed: a newer policy is for what is signed later. */
function policyFor(view: NetworkView, agreement: string): PolicyView | undefined {
  return view.agreements.get(agreement)?.policy ?? view.policy
}

/** Roots of the policy; own ones only narrow them. */
function rootsOf({ roots }: PolicyView, own: readonly Uint8Array[] | undefined): readonly Uint8Array[] {
  const named = roots.map((each) => Buffer.from(each, 'base64url'))
  if (own === undefined) return named
  return named.filter((root) => own.some((each) => root.equals(each)))
}

/** Step `seals`: what the directory says of a document that is proven. */
function withDirectory(facts: DocumentFacts, shown: Shown, now: string): DocumentResult {
  const { view, checkpoint, isComplete, entries, signers } = shown
  const agreement = view.agreements.get(facts.agreement)
  const parties = facts.parties.map(({ member }) => member)
  if (agreement === undefined || !isSameSet(agreement.parties, parties)) return refused('seals_missing')
  const problem = signingProblem(facts, agreement)
  if (problem !== undefined) return refused(problem)
  const policy = policyFor(view, facts.agreement)
  const { superseded } = agreement
  const { validFrom, validUntil } = facts
  const inDirectory: DirectoryFacts = {
    standing: standingAt({ ...agreement, validFrom, validUntil }, now),
    sealedBy: agreement.parties,
    entries,
    ...(superseded === undefined ? {} : { supersededBy: superseded.by }),
    ...(policy === undefined
      ? {}
      : { policy: { level: policy.level, testAuthorities: policy.testAuthorities === true } }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    isComplete,
  }
  const looked = facts.notChecked.filter((each) => each === 'mandates')
  const mandates = agreement.signing === undefined && signers !== undefined ? [] : looked
  const notChecked = [...mandates, ...(isComplete ? [] : (['completeness'] as const))]
  return { ok: true, facts: { ...facts, inDirectory, notChecked } }
}

/** What the members sealed must be this document, signed under these mandates. */
function signingProblem(
  facts: DocumentFacts,
  { signing, parties, sealedDocuments }: AgreementView,
): DocumentFailure | undefined {
  if (signing === undefined) return undefined
  const sealed = [signing.document, ...sealedDocuments.filter((each) => each !== undefined)]
  if (!sealed.every((each) => facts.revisions.includes(each))) return 'other_document'
  if (facts.notChecked.includes('mandates')) return undefined
  const isSame = parties.every((party, place) => {
    const used = facts.signatures.flatMap(({ mandate }) =>
      mandate?.member === party ? [mandate.mandate] : [],
    )
    return isSameSet(used, signing.signedUnder[place] ?? [])
  })
  return isSame ? undefined : 'other_mandates'
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each))
}

function refused(code: DocumentFailure): DocumentResult {
  return { ok: false, step: 'seals', code, message: DOCUMENT_FAILURES[code] }
}
