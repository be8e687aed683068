import type { AgreementKind, Bilingual } from './agreement.ts'

/**
 * The steps of the verification of a signed document, in their order. `docs/spec/agreement-document.md` says what each does; a
 * test compares both lists.
 */
export const DOCUMENT_STEPS = [
  'file',
  'terms',
  'network',
  'template',
  'first-revision',
  'revisions',
  'changes',
  'proof',
  'signature-range',
  'signature-form',
  'signature-value',
  'signature-time',
  'signer-path',
  'signer-revocation',
  'signer-level',
  'parties',
  'mandates',
  'seals',
] as const

export type DocumentStep = (typeof DOCUMENT_STEPS)[number]

/** Why a step failed. Stable: programs decide on `step` and `code`, people read `message`. */
export const DOCUMENT_FAILURES = {
  action_added:
    'Something was added that acts when the document is opened or touched: a script, a form of another kind, a link.',
  appearance_misplaced:
    'The picture of a signature does not lie in the place of a signature: it could hide or replace text.',
  bytes_after_signature: 'A signature does not cover its revision from the first byte to the last.',
  certificate_not_bound:
    'The signature does not name the certificate it was made with (signing-certificate-v2).',
  certificate_path:
    'No valid path leads from the certificate to a root that is trusted here, at the time of the signature.',
  certificate_revoked: 'The certificate had been revoked when it signed.',
  content_changed:
    'What people read was changed after the document was made: a page, the catalogue or another object.',
  digest_differs: 'The signed bytes were changed: their digest is not the signed one.',
  embedded_terms: 'The document does not carry exactly one attachment, agreement.json, with an agreement.',
  hidden_object: 'An object was added that belongs to no signature.',
  invalid_cms: 'The signature is not one CMS signature of one signer as PAdES wants it.',
  invalid_signature: 'The signature was not made by the key of its certificate.',
  level_too_low: 'The certificate is not qualified by any of the policies that were named.',
  mandate_missing: 'It is not said under which mandate a signature was made.',
  mandate_not_valid:
    'The mandate was not valid when its official signed: not yet, no more, or it had been ended.',
  mandate_of_another: 'The mandate was granted to another person than the one who signed.',
  mandate_out_of_scope:
    'The mandate does not reach so far: another member, kind of agreement, class of data or cost.',
  mandate_unknown: 'The directory shows no such mandate.',
  no_signature: 'Nobody has signed the document.',
  no_time_stamp: 'The signature carries no time-stamp, so nothing says when it was made.',
  not_as_rendered:
    'The document is not the one that its terms and its template make: one of them was changed.',
  not_for_signing: 'The certificate is not for signatures of a person (key usage nonRepudiation).',
  not_pdf: 'The file is not a PDF, or it is damaged or too large.',
  object_replaced: 'An object of an earlier revision was replaced.',
  other_edition:
    'The document says it was made by another edition of the program; only that one can make it again to compare.',
  other_network: 'The agreement belongs to another network than the anchor.',
  other_template: 'The document was made with another template than the one at hand.',
  other_document: 'The members sealed another document than this one.',
  other_mandates: 'The members sealed other mandates than those it was signed under.',
  party_missing: 'Not every party has signed.',
  proof_incomplete:
    'An entry in the proof breaks a rule, or what gives it effect was left out, or it does not show the agreement.',
  proof_invalid: 'The proof of the network has not its one form.',
  proof_missing: 'The document carries no proof of the network, and nobody named roots to believe instead.',
  proof_not_of_network:
    'The proof is not of the directory of this network: another log, another signature, or entries that are not in it.',
  proof_of_another: 'The proof is of another agreement.',
  range_invalid: 'The byte range of a signature leaves out more or less than the signature itself.',
  revision_invalid:
    'What was appended to the document is not written in the one form in which nothing can hide.',
  revocation_unknown: 'Nothing shows that the certificate was not revoked.',
  same_signer:
    'Two signatures were made with the same certificate or by the same person, stand in the same place, or are more than two of one party.',
  seals_missing: 'The directory shows no agreement of this content that both parties sealed.',
  second_signer_missing: 'The mandate asks for a second official of the same member, and none has signed.',
  signing_forbidden: 'An earlier signature forbids any change (DocMDP), and yet another one was added.',
  test_root: 'The certificate comes from a test authority.',
  time_stamp_invalid: 'The time-stamp is not one of this signature by a trusted time-stamping authority.',
  weak_algorithm: 'An algorithm or key is too weak, or unknown here.',
} as const

export type DocumentFailure = keyof typeof DOCUMENT_FAILURES

/** What one signature shows. */
export interface SignatureFacts {
  /** Name of the signature field. */
  readonly field: string
  /** Of the party in whose place the signature stands; absent for an invisible one. The place is the signer's word. */
  readonly party?: string
  /** Under which mandate of which member, where mandates were looked at; `member` is then proven and not the signer's word. */
  readonly mandate?: { readonly mandate: string; readonly member: string; readonly office: Bilingual }
  /** Common name in the certificate. */
  readonly signer: string
  /** Common name of who issued it. */
  readonly issuer: string
  /** SHA-256 of the certificate: hexadecimal. */
  readonly certificateSha256: string
  /** When, by the time-stamping authority: RFC 3339. */
  readonly time: string
  readonly timeAuthority: string
  /** By the policies that were named; `unknown` where none was. */
  readonly level: 'qualified' | 'not_qualified' | 'unknown'
  /**
   * Of the signer's path at `time`, by what the document carries. `not_checked`: it carries nothing that would show it.
   * `revoked_later`: after the signature.
   */
  readonly revocation: 'good' | 'revoked_later' | 'not_checked'
  /** True when nothing was appended after it. */
  readonly coversWholeFile: boolean
  /** True when its path leads to a test authority. */
  readonly testAuthority: boolean
}

/** What was not looked at, because the document alone does not show it. */
export type NotChecked = 'seals' | 'mandates' | 'standing' | 'completeness'

/** What a verified document proves. */
export interface DocumentFacts {
  readonly agreement: string
  readonly kind: AgreementKind
  readonly network: string
  readonly title: Bilingual
  readonly parties: readonly { readonly member: string; readonly role: string }[]
  readonly validFrom: string
  readonly validUntil: string
  readonly template: { readonly name: string; readonly digest: string }
  readonly theme: string
  /** Of the document before anybody signed: hexadecimal. */
  readonly documentSha256: string
  /**
   * SHA-256 in base64url of the file up to the end of each revision after the first, oldest first. White space behind an end may belong to
   * either side of it, so each end counts with none of it and with any.
   */
  readonly revisions: readonly string[]
  /** In the order in which they were made. */
  readonly signatures: readonly SignatureFacts[]
  /** Archive time-stamps over the document: RFC 3339. */
  readonly archiveTimes: readonly string[]
  readonly notChecked: readonly NotChecked[]
  /** What the directory says, by the proof in the document or by all entries that were given. */
  readonly inDirectory?: DirectoryFacts
}

/** What the directory says about a signed agreement. */
export interface DirectoryFacts {
  /** At the moment of the verification, as far as the entries show. */
  readonly standing: 'effective' | 'not_yet_valid' | 'expired' | 'superseded' | 'suspended' | 'revoked'
  /** Members whose seals over the content's hash were verified. */
  readonly sealedBy: readonly string[]
  /** How many entries were judged. */
  readonly entries: number
  /** The agreement that takes or took its place. */
  readonly supersededBy?: string
  /** The signing policy by which roots and level were judged. */
  readonly policy?: { readonly level: 'advanced' | 'qualified'; readonly testAuthorities: boolean }
  /** The checkpoint of the directory that the proof leads to. */
  readonly checkpoint?: {
    readonly size: number
    /** Branches that saw it, and when: RFC 3339. */
    readonly witnesses: readonly { readonly branch: string; readonly time: string }[]
  }
  /** True when all entries were given and lead to the checkpoint: nothing up to it was left out. */
  readonly isComplete: boolean
}

/** What became of the verification of a document. */
export type DocumentResult =
  | { readonly ok: true; readonly facts: DocumentFacts }
  | {
      readonly ok: false
      /** The first step that failed. */
      readonly step: DocumentStep
      readonly code: DocumentFailure
      readonly message: string
    }
