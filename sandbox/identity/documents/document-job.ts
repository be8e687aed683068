import type { KeyedCertificate } from '../authority/keyed-certificate.ts'

/** Certificates and status answers for later verification. All DER, base64. */
export interface ValidationData {
  readonly certificates: readonly string[]
  readonly statusAnswers: readonly string[]
  readonly revocationLists: readonly string[]
}

/** Where and how a document is signed. */
export interface SignatureField {
  readonly name: string
  /** The first page is 1. */
  readonly page: number | 'first' | 'last'
  /** Points from the lower left corner of the page; a width or height of 0 makes the signature invisible. */
  readonly rectangle: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }
}

/** A certificate with its key, base64. */
export type SignerText = { readonly [part in keyof KeyedCertificate]: string }

/** One piece of work for the document process, as JSON on its standard input. PDFs are base64. */
export type DocumentJob =
  | {
      readonly kind: 'sign'
      readonly pdf: string
      readonly field: SignatureField
      /** One page that is put into the rectangle. */
      readonly appearance?: string
      readonly signerName: string
      readonly signer: SignerText
      readonly reason?: string
      /** ISO 8601; what the signature claims. */
      readonly at: string
      readonly timeStampUrl: string
    }
  | {
      readonly kind: 'seal-bytes'
      readonly content: string
      readonly signer: SignerText
      readonly timeStampUrl: string
    }
  | { readonly kind: 'verify'; readonly pdf: string }
  | { readonly kind: 'add-validation'; readonly pdf: string; readonly data: ValidationData }

/** One signature as a verification sees it. */
export interface VerifiedSignature {
  readonly field: string
  /** Whether digest and signature fit the bytes that the signature covers. */
  readonly isIntact: boolean
  /** DER, base64. */
  readonly certificate: string
  readonly serialNumber: string
  readonly subject: string
  /** Time of the time-stamp, else the claimed one; ISO 8601. */
  readonly at: string
}

/** Why a document could not be worked on. */
export type DocumentProblem = 'field_exists' | 'no_such_page' | 'no_time_stamp' | 'not_a_document'

/** What the process tells on its standard output. */
export type DocumentAnswer =
  | { readonly ok: true; readonly bytes: string }
  | { readonly ok: true; readonly signatures: readonly VerifiedSignature[] }
  | { readonly ok: false; readonly problem: DocumentProblem; readonly message: string }
