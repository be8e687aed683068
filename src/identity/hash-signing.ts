import type { HiddenText } from './hidden-text.ts'

/** A key at a signing service, with the certificate that goes with it. */
export interface SigningKey {
  /** Identifier at the service. */
  readonly id: string
  /** Whether service and authority let it be used now. */
  readonly isUsable: boolean
  /** Of the key's algorithms, by object identifier. */
  readonly algorithms: readonly string[]
  /** Certificates in DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
  /** Most digests in one approval. */
  readonly maxDigests: number
}

/** The digests that one approval is for. Only digests leave this house, so it fits documents of any class. */
export interface DigestsToSign {
  readonly hash: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** Raw digests, each of the hash's length. */
  readonly digests: readonly Uint8Array[]
}

/** Something that waits for the person's browser to come back, as at a login. */
export interface BegunApproval {
  /** Address to open in the person's browser. */
  readonly address: string
  /** Ties it to that browser; a cookie, as at a login. */
  readonly binding: HiddenText
}

/** What the browser brought back. */
export interface ApprovalAnswer {
  readonly parameters: URLSearchParams
  readonly binding: string | undefined
}

/** Leave to see the keys of the person who gave it, for as long as the service lets it live. In memory only. */
export interface KeyAccess {
  readonly token: HiddenText
}

/**
 * Signing of digests at a service that keeps the keys, in the shape of the CSC API: first the person opens the service's keys, then
 * approves these very digests with one of them. Signatures over ECDSA come in DER, whatever the service sends.
 */
export interface HashSigningPort {
  readonly provider: string
  /** First round: leave to use the service. */
  beginAccess(language: 'ar' | 'en'): Promise<BegunApproval>
  /** @throws WuslaError `identity_attempt_unknown`, `login_cancelled`, `login_refused`, `identity_provider_…` */
  finishAccess(answer: ApprovalAnswer): Promise<KeyAccess>
  /** The keys of the person. @throws WuslaError `identity_provider_…` */
  keys(access: KeyAccess): Promise<readonly SigningKey[]>
  /**
   * Second round: the person approves the digests with a key.
   *
   * @throws WuslaError `hash_signing_refused` before anything is sent when key and digests do not fit
   */
  beginSigning(
    access: KeyAccess,
    key: SigningKey,
    toSign: DigestsToSign,
    language: 'ar' | 'en',
  ): Promise<BegunApproval>
  /**
   * @returns the signatures, in the order of the digests
   * @throws WuslaError as {@link HashSigningPort.finishAccess}, and `hash_signing_refused`
   */
  finishSigning(answer: ApprovalAnswer): Promise<readonly Uint8Array[]>
}
