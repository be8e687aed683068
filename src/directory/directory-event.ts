/** Why an entry has no effect: `docs/spec/directory.md`, section 5. */
export type RefusalReason =
  | 'malformed'
  | 'not_founded'
  | 'already_founded'
  | 'wrong_anchor'
  | 'wrong_network'
  | 'missing_signature'
  | 'unexpected_signature'
  | 'wrong_signer'
  | 'bad_signature'
  | 'not_newer'
  | 'unknown_member'
  | 'member_suspended'
  | 'wrong_member'
  | 'already_exists'
  | 'unknown_subject'
  | 'wrong_state'
  | 'key_known'
  | 'bad_voucher'
  | 'bad_acceptance'
  | 'not_a_party'
  | 'bad_time'
  | 'document_missing'
  | 'unknown_mandate'
  | 'wider_mandate'

/** What a directory and its follower tell. Alarms are marked; everything else is for the log. */
export type DirectoryEvent =
  /** An entry of the log has no effect. From an honest registry none ever comes: treat it as an alarm. */
  | {
      readonly kind: 'change_refused'
      readonly index: number
      readonly changeKind: string
      readonly reason: RefusalReason
      readonly detail: string
    }
  /** Alarm: the registry voided all keys of a member, and its next first key is taken on the registry's word. */
  | {
      readonly kind: 'member_readmitted'
      readonly index: number
      readonly member: string
      readonly reason: string
    }
  /** Alarm: something about this gateway's own member was changed, and not with this gateway's key. */
  | {
      readonly kind: 'own_member_changed'
      readonly index: number
      readonly member: string
      readonly changeKind: string
      readonly signedBy: readonly string[]
    }
  | {
      readonly kind: 'directory_advanced'
      readonly fromSize: number
      readonly size: number
      readonly source: string
    }
  /** A source failed or lied. It is tried again after `retryMs`; other sources go on. */
  | {
      readonly kind: 'source_failed'
      readonly source: string
      readonly code: string
      readonly detail: string
      readonly retryMs: number
    }
  /** Alarm: two checkpoints signed by the log do not fit together. The follower stops and keeps both. */
  | {
      readonly kind: 'directory_forked'
      readonly source: string
      readonly held: string
      readonly shown: string
    }
  /** Alarm: nothing fresh was heard for longer than the alarm time; again when the network's bound is passed. */
  | { readonly kind: 'directory_stale'; readonly staleForMs: number; readonly beyondBound: boolean }
  | { readonly kind: 'directory_fresh'; readonly staleForMs: number }
  /** Alarm: no commissioned branch has cosigned what is held for longer than the alarm time. */
  | {
      readonly kind: 'directory_unwitnessed'
      readonly size: number
      readonly witnesses: number
      readonly unwitnessedForMs: number
    }
  | { readonly kind: 'directory_witnessed'; readonly size: number }
  /** The files on disk did not fit their checkpoint and were set aside; everything is fetched again. */
  | { readonly kind: 'store_discarded'; readonly detail: string }
