import type { Agreement, AgreementKind, Bilingual, Grant } from '../../agreements/agreement.ts'
import type { MandateSigner } from '../../agreements/mandate-terms.ts'
import type { TypesetAgreement } from '../../agreements/render-agreement.ts'
import type { DocumentResult } from '../../agreements/signed-document-result.ts'
import type { VerifyJob } from '../documents/document-job.ts'
import type { DocumentSigningPort } from '../../identity/document-signing.ts'
import type { LoginPort } from '../../identity/login.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { SealKey } from '../../trust/seal-key.ts'
import type { GatewayEvent } from '../gateway-event.ts'

/** An agreement at the registry, as far as signing looks at it. */
export interface FiledAgreement {
  readonly content: unknown
  /** By member: what its officials signed. */
  readonly signed: Readonly<Record<string, { readonly signers: readonly MandateSigner[] }>>
}

/** What signing asks of the registry. The client of the gateway fits. */
export interface SigningRegistry {
  readonly readAgreement: (hash: string) => Promise<FiledAgreement>
  /** @throws WuslaError `signing_in_progress`, `already_signed`, `conflict` */
  readonly takeLease: (
    hash: string,
  ) => Promise<{ readonly leaseUntil: string; readonly document: string | null }>
  readonly releaseLease: (hash: string) => Promise<void>
  readonly readDocument: (hash: string) => Promise<{ readonly document?: Uint8Array }>
  readonly submitDocument: (
    hash: string,
    signed: {
      readonly document: Uint8Array
      readonly acceptance: string
      readonly signers: readonly MandateSigner[]
    },
  ) => Promise<void>
}

/** The signing policy of the network, as far as signing looks at it. */
export interface SigningPolicy {
  readonly level: 'advanced' | 'qualified'
  readonly qualifiedPolicies: readonly string[]
  /** DER in base64url. */
  readonly roots: readonly string[]
  readonly testAuthorities?: boolean
}

/** A mandate in the directory. */
export interface DirectoryMandate {
  readonly mandate: string
  readonly member: string
  readonly holder: string
  readonly office: Bilingual
  readonly kinds: readonly AgreementKind[]
  readonly dataClassUpTo: Grant['dataClass']
  readonly ceilingAed?: number
  readonly fourEyes?: boolean
  readonly delegatedFrom?: string
  readonly validFrom: string
  readonly validUntil: string
  readonly grantedAt: string
  readonly endedAt?: string
}

/** What signing asks of the directory. */
export interface SigningDirectory {
  /** @param agreement - one in force: the policy that stood when it took effect; default: the one that stands now */
  readonly signingPolicy: (agreement?: string) => SigningPolicy | undefined
  readonly mandate: (id: string) => DirectoryMandate | undefined
  readonly mandateAt: (
    id: string,
    time: string,
  ) =>
    | { readonly standing: 'valid'; readonly record: DirectoryMandate }
    | { readonly standing: 'unknown' | 'not_yet' | 'expired' | 'ended' }
}

/** The mandates of this member whose salts are here: only with the salt can a person be compared with the holder. */
export interface OwnMandates {
  /** Salts in base64url. */
  readonly list: () => readonly { readonly mandate: string; readonly salt: string }[]
}

/** The provider of the national identity, and where it sends browsers back to. */
export interface SigningIdentity {
  /** Origin, without a slash at the end. */
  readonly publicUrl: string
  readonly language: 'ar' | 'en'
  readonly login: LoginPort
  readonly documentSigning: DocumentSigningPort
}

/** What the signing of agreements is given. */
export interface SigningDeps {
  readonly network: string
  readonly member: string
  /** Undefined: gateway.json names no provider, and nobody can sign here. */
  readonly identity: SigningIdentity | undefined
  readonly registry: SigningRegistry
  readonly directory: SigningDirectory
  readonly mandates: OwnMandates
  /** Whether gateway.json lets this gateway believe test authorities. */
  readonly testAuthorities: boolean
  /** The document before anybody signed. */
  readonly typeset: (content: Agreement) => Promise<TypesetAgreement>
  /** Keeps the content; durable when it resolves. */
  readonly keep: (content: Agreement) => Promise<unknown>
  /** Adds what a later verifier needs. @throws WuslaError `certificate_revoked`, `revocation_unavailable` */
  readonly addValidationData: (pdf: Uint8Array, roots: readonly Uint8Array[]) => Promise<Uint8Array>
  readonly verify: (job: VerifyJob) => Promise<DocumentResult>
  /** Takes a whole document that was verified just now, before it is filed: it need not be verified again when it takes effect. */
  readonly noteVerified: (agreement: string, pdf: Uint8Array, signers: readonly MandateSigner[]) => void
  /** The seal key of the moment. */
  readonly key: () => SealKey
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}
