/**
 * The steps of a verification, in their order. `docs/spec/evidence-file.md`, section 5, says what each does; a
 * test compares both lists.
 */
export const VERIFY_STEPS = [
  'parse',
  'format',
  'anchor',
  'directory-checkpoint',
  'directory-inclusion',
  'directory-rules',
  'directory-witnesses',
  'request-statement',
  'directory-complete',
  'request-batch-proof',
  'members',
  'request-key',
  'request-seal',
  'answer-statement',
  'answer-binds-request',
  'answer-batch-proof',
  'answer-key',
  'answer-seal',
  'ledger-checkpoint',
  'ledger-witnesses',
  'request-ledger-inclusion',
  'answer-ledger-inclusion',
  'request-key-time',
  'answer-key-time',
  'agreement',
  'body-request',
  'body-response',
] as const

export type VerifyStep = (typeof VERIFY_STEPS)[number]

/** Why a step failed. Stable: programs decide on `step` and `code`, people read `message`. */
export const FAILURE_CODES = {
  agreement_missing: 'The directory part has no effective agreement of the hash that the request names.',
  body_differs: 'The body is not the one that was signed.',
  bound_later: 'The key was bound to its gateway only after the statement was made.',
  contradicts_anchor: 'The founding entry of the directory says something else than the anchor.',
  duplicate_signature: 'A checkpoint carries the same signature line twice.',
  invalid_anchor: 'The anchor is not an anchor.',
  invalid_checkpoint: 'A checkpoint has not the form of one.',
  invalid_field: 'A field is missing, unknown, or has not its form.',
  invalid_header: 'The header of a batch has not its one form.',
  invalid_json: 'The file is not JSON: cut off, damaged, or an object has the same name twice.',
  invalid_signature: 'A signature or seal was not made by the key that is named.',
  invalid_statement: 'A statement has not its one form.',
  key_revoked: 'The key was revoked, and nothing shows that the seal is older than that.',
  no_answer: 'There is no answer to hold this body against.',
  no_effect: 'An entry of the directory breaks a rule, or was not made by whoever has the right.',
  no_known_algorithm: 'None of the seals has an algorithm that this verifier knows.',
  not_included: 'The proof does not lead from the entry to the root.',
  other_directory: 'The complete entries do not lead to the directory checkpoint of the file.',
  other_exchange: 'The statement is about another exchange.',
  other_gateway: 'A gateway does not belong to the member it speaks for.',
  other_holder: 'The holder of the ledger is neither of the two gateways.',
  other_log: 'The checkpoint is of another log.',
  other_network: 'Something belongs to another network.',
  other_owner: 'The key is bound, but not to the gateway that is said to have sealed.',
  other_parties: 'The agreement is between other members.',
  other_request: 'The answer is to another request.',
  other_session: 'The answer did not come back over the session of the request.',
  out_of_office: 'A witness signed before its branch was commissioned or after it was retired.',
  out_of_order: 'The entries of the directory are not in ascending order.',
  time_contradiction: 'The statement says it was made after a witness had already seen it.',
  too_large: 'The file is too large.',
  unknown_gateway: 'The directory part does not enrol a gateway of the exchange.',
  unknown_key: 'The directory part does not bind the key.',
  unknown_member: 'The directory part does not admit a member of the exchange.',
  unknown_witness: 'A checkpoint carries a signature of nobody the directory part names.',
  wrong_kind: 'A batch of requests stands where answers should be, or the other way round.',
} as const

export type FailureCode = keyof typeof FAILURE_CODES

/** One side of the exchange. */
export interface PartyFacts {
  readonly member: string
  readonly name: { readonly ar: string; readonly en: string }
  /** At the time of its statement, as far as the directory part shows. */
  readonly standing: 'active' | 'suspended'
  readonly gateway: string
  /** The key that sealed; absent for a side that made no statement. */
  readonly seal?: SealFacts
}

/** The key behind a seal. */
export interface SealFacts {
  readonly keyId: string
  /**
   * `active`: no revocation is known. `revoked_later`: it was revoked after the seal was made. `disputed`: the
   * same, but whoever revoked it says it was unsafe already when the statement was made.
   */
  readonly key: 'active' | 'revoked_later' | 'disputed'
  readonly revokedAt?: string
  /** Since when whoever revoked it holds it for unsafe. */
  readonly unsafeSince?: string
}

/** A branch that saw a checkpoint. */
export interface WitnessFacts {
  readonly branch: string
  /** Its cosignature's time: whole seconds, RFC 3339. */
  readonly time: string
  /** False when the branch stands with one of the two members, which may then speak through it. */
  readonly isIndependent: boolean
}

/** Whether a body was held against its digest. */
export type BodyFacts = 'matches' | 'not_given'

/** What a verified file proves. */
export interface EvidenceFacts {
  readonly network: string
  readonly exchange: string
  readonly holder: string
  readonly consumer: PartyFacts
  readonly provider: PartyFacts
  readonly request: {
    readonly time: string
    readonly client: string
    readonly service: string
    readonly method: string
    readonly path: string
    readonly query?: string
    readonly messageId: string
    readonly user?: string
    readonly issue?: string
    readonly purpose?: string
    readonly representedParty?: string
    readonly bodyBytes: number
    readonly bodyDigest?: string
    readonly headDigest: string
    readonly body: BodyFacts
  }
  /** Null: no answer was recorded by the holder. */
  readonly answer: {
    readonly time: string
    readonly status: number
    /**
     * What of the request the provider's member signs to have received: the whole `request` with its body, or its
     * `opening` only, when it answered before the body had come to its end.
     */
    readonly receivedOf: 'request' | 'opening'
    /** The provider's gateway itself answered, with this code. */
    readonly error?: string
    readonly bodyBytes: number
    readonly bodyDigest?: string
    readonly headDigest: string
    readonly body: BodyFacts
  } | null
  readonly agreement: {
    /** Content hash, or `open`. */
    readonly hash: string
    /**
     * At the time of the request, as far as the directory part shows. `open`: called as a service open to all.
     * `unknown`: the provider's gateway refused the call, and the directory part has no such agreement.
     */
    readonly standing:
      'open' | 'effective' | 'not_yet_valid' | 'expired' | 'superseded' | 'suspended' | 'revoked' | 'unknown'
  }
  readonly ledger: {
    readonly origin: string
    readonly size: number
    readonly requestIndex: number
    readonly answerIndex?: number
    readonly witnesses: readonly WitnessFacts[]
  }
  readonly directory: {
    readonly size: number
    readonly witnesses: readonly WitnessFacts[]
    /** True when all entries were given and held against the root: then no revocation up to `size` was left out. */
    readonly complete: boolean
    /** Entries given beyond `size`: their signatures count, their being complete is the word of who gave them. */
    readonly laterEntries: number
  }
}

/** What became of a verification. */
export type VerifyResult =
  | { readonly ok: true; readonly facts: EvidenceFacts }
  | {
      readonly ok: false
      /** The first step that failed. */
      readonly step: VerifyStep
      readonly code: FailureCode
      readonly message: string
    }
