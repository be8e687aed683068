/** What a registry tells its operator. */
export type RegistryEvent =
  | { readonly kind: 'registry_ready'; readonly url: string; readonly size: number }
  | { readonly kind: 'change_published'; readonly index: number; readonly changeKind: string }
  | {
      readonly kind: 'change_rejected'
      readonly changeKind: string
      readonly reason: string
      readonly detail: string
    }
  | { readonly kind: 'enrolled'; readonly subject: string }
  | { readonly kind: 'certificate_issued'; readonly subject: string }
  | { readonly kind: 'checkpoint_cosigned'; readonly size: number; readonly witness: string }
  /** Alarm: a witness cosigned more than this log holds. The log was lost in part, or was put back from a backup. */
  | {
      readonly kind: 'witness_ahead'
      readonly witness: string
      readonly seenSize: number
      readonly size: number
    }
  | { readonly kind: 'witness_failed'; readonly witness: string; readonly detail: string }
  | { readonly kind: 'index_rebuilt'; readonly changes: number }
  | { readonly kind: 'unexpected_error'; readonly detail: string }
  | { readonly kind: 'part_event'; readonly part: 'ledger' | 'directory'; readonly event: object }
