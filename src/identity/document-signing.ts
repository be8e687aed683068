import type { WuslaError } from '../protocol/wusla-error.ts'
import type { SignatureTier } from './assurance.ts'
import type { Person } from './person.ts'

/** Where a signature becomes visible, in PDF points from the bottom left corner of the page. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** One document that a person is asked to sign. */
export interface DocumentToSign {
  /** Names the document among those of one signing, e.g. the hash of the agreement: `[A-Za-z0-9._-]{1,64}`. */
  readonly name: string
  readonly pdf: Uint8Array
  readonly field: {
    /** Unique per signature of a document: `[A-Za-z0-9_-]{1,64}`. */
    readonly name: string
    /** Counted from 1, or the last one. */
    readonly page: number | 'last'
    readonly rectangle: Rectangle
  }
}

/** What a signing begins with. */
export interface SigningRequest {
  /** Who is logged in, with this very provider, and has to be the signer. */
  readonly person: Person
  /** What the policy asks for. */
  readonly required: SignatureTier
  readonly documents: readonly DocumentToSign[]
  /** Where the provider sends the browser afterwards. What arrives there proves nothing. */
  readonly callback: string
  readonly language: 'ar' | 'en'
  /** Whether the provider shows the documents to the person first. Default true. */
  readonly showFirst?: boolean
}

/** A document that came back, checked: what was sent, with one more signature, by the person who is logged in. */
export interface SignedDocument {
  readonly name: string
  readonly pdf: Uint8Array
}

/**
 * How a signing ended. Refusals of normal life are returned: `failure.code` is one of `signing_cancelled`,
 * `signing_failed`, `signing_incomplete`, `signing_timed_out`, `signing_process_gone`. `signed` then holds the documents that
 * were signed and checked nevertheless; with `outcome: 'signed'`, all of them in the order of the request.
 */
export type SigningOutcome =
  | { readonly outcome: 'signed'; readonly signed: readonly SignedDocument[] }
  | { readonly outcome: 'refused'; readonly failure: WuslaError; readonly signed: readonly SignedDocument[] }

/** A signing that was begun. Its owner ends it with `close`, or with `await using`. */
export interface SigningProcess extends AsyncDisposable {
  readonly id: string
  /** Address to open in the person's browser. */
  readonly address: string
  /**
   * Waits for the person and fetches what was signed. The provider's server is asked; the callback only shortens the wait.
   *
   * @param options.patienceMs - longest wait for the person, milliseconds; default 15 minutes, at most 2 hours
   * @param options.signal - ends the wait with the signal's reason
   * @throws WuslaError `signed_by_another_person`, `signed_document_changed`, `signature_field_missing`, `signer_unreadable`,
   *   `identity_provider_unreachable`, `identity_provider_refused`, `identity_provider_answer_invalid`
   */
  outcome(options?: { readonly patienceMs?: number; readonly signal?: AbortSignal }): Promise<SigningOutcome>
  /**
   * Deletes process and documents at the provider. Call it when the signed documents are stored. A second call does nothing.
   *
   * @throws WuslaError `identity_provider_unreachable`, `identity_provider_refused`: the documents are still there
   */
  close(): Promise<void>
}

/**
 * Signing whole documents at a provider: push the PDF, send the person there, fetch the signed PDF. UAE PASS works like
 * this, and so does Singpass.
 */
export interface DocumentSigningPort {
  readonly provider: string
  /**
   * @throws WuslaError `assurance_too_low`, `identity_number_missing`, `signing_request_invalid`, `signature_field_taken`,
   *   `person_changed` when the person logged in elsewhere; nothing was sent then.
   *   `identity_provider_unreachable`, `identity_provider_refused`, `identity_provider_answer_invalid`
   */
  begin(request: SigningRequest): Promise<SigningProcess>
  /**
   * A browser came back to the callback address. Wakes the signing it names; what it says is never believed.
   *
   * @throws WuslaError `identity_attempt_unknown` when no signing of that name is open here
   */
  noteCallback(parameters: URLSearchParams): void
}
