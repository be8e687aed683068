import type { TypesetAgreement } from '../../agreements/render-agreement.ts'
import type { MandateSigner, MandateTerms } from '../../agreements/mandate-terms.ts'
import type { DocumentResult } from '../../agreements/signed-document-result.ts'
import type { SignatureField } from '../../identity/signature-fields.ts'

/** How a mandate stands from an instant on, until the next one. */
export interface MandatePeriod {
  /** RFC 3339; empty for the time before all others. */
  readonly from: string
  readonly standing: 'valid' | 'unknown' | 'not_yet' | 'expired' | 'ended'
}

/** A mandate over all time: what the directory shows of it now. */
export interface MandateHistory {
  readonly terms: MandateTerms
  /** The earliest first. */
  readonly periods: readonly MandatePeriod[]
}

/** A document to verify, and by what. Plain data: it crosses to another process. */
export interface VerifyJob {
  readonly pdf: Uint8Array
  readonly network: string
  /** DER. */
  readonly roots: readonly Uint8Array[]
  readonly qualifiedPolicies: readonly string[]
  readonly requireQualified: boolean
  readonly allowTestRoot: boolean
  readonly partial: boolean
  /** The document before anybody signed, as it was typeset here. */
  readonly unsigned: TypesetAgreement
  readonly signers: readonly MandateSigner[]
  /** A member whose second official is yet to sign. */
  readonly awaitsSecond?: string
  /** By id. A mandate that is not here is unknown. */
  readonly mandates: Readonly<Record<string, MandateHistory>>
}

/** What the process for documents does, by name. */
export interface DocumentWork {
  readonly verify: { readonly job: VerifyJob; readonly gives: DocumentResult }
  readonly addValidationData: {
    readonly job: { readonly pdf: Uint8Array; readonly roots: readonly Uint8Array[] }
    readonly gives: Uint8Array
  }
  readonly attachProof: {
    /** A document that was verified here. */
    readonly job: { readonly pdf: Uint8Array; readonly proof: string }
    readonly gives: Uint8Array
  }
  readonly fields: {
    readonly job: { readonly pdf: Uint8Array }
    readonly gives: readonly SignatureField[]
  }
  /** The number crosses a pipe between two processes of ours, and is kept in neither. */
  readonly signerNumber: { readonly job: { readonly cms: Uint8Array }; readonly gives: string }
}

export type DocumentTask = keyof DocumentWork

/** What the process answers. */
export type DocumentAnswer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }
