import type { FailedAttempt } from './failed-attempt.ts'

/** Everything a gateway tells its operator. One sink turns these into log lines, counters and alarms. */
export type GatewayEvent =
  | {
      readonly kind: 'gateway_ready'
      readonly gateway: string
      readonly frontDoor: string
      readonly admin: string
    }
  | { readonly kind: 'gateway_leaving'; readonly gateway: string }
  | { readonly kind: 'gateway_left'; readonly gateway: string; readonly exchangesCut: number }
  | {
      readonly kind: 'exchange_sent'
      readonly exchange: string
      readonly service: string
      readonly status: number
      readonly durationMs: number
    }
  | {
      readonly kind: 'exchange_served'
      readonly exchange: string
      readonly service: string
      readonly status: number
      readonly durationMs: number
    }
  /** A consumer lost its session and sent an exchange again: it gets the answer of the one call of the backend. */
  | { readonly kind: 'exchange_came_again'; readonly exchange: string; readonly peer: string }
  /** A session was lost before an answer: the exchange is sent again under its name. */
  | { readonly kind: 'exchange_sent_again'; readonly exchange: string; readonly peer: string }
  /** A consumer's gateway acknowledged that its system has the answer to this exchange. */
  | { readonly kind: 'acknowledgement_taken'; readonly exchange: string; readonly peer: string }
  /** The provider's gateway has the acknowledgement of this exchange. */
  | { readonly kind: 'acknowledgement_sent'; readonly exchange: string; readonly peer: string }
  /** The provider takes the answer to this exchange for not delivered: it got no acknowledgement from here. */
  | { readonly kind: 'acknowledgement_not_sent'; readonly exchange: string; readonly code: string }
  | {
      readonly kind: 'exchange_refused'
      readonly exchange: string
      readonly side: 'sent' | 'served'
      readonly code: string
      readonly reason?: string
    }
  | {
      readonly kind: 'exchange_failed'
      readonly exchange: string
      readonly side: 'sent' | 'served'
      readonly code: string
      readonly detail: string
      /** With `no_path`: the paths that were tried and why each failed. */
      readonly tried?: readonly FailedAttempt[]
    }
  | { readonly kind: 'exchange_cut'; readonly exchange: string; readonly agreement: string }
  | {
      readonly kind: 'session_opened'
      readonly peer: string
      readonly role: 'initiator' | 'acceptor'
      readonly path: readonly string[]
    }
  /** No second way to a peer exists now: the loss of the first would be noticed. */
  | { readonly kind: 'no_spare_path'; readonly peer: string; readonly code: string }
  /** Other branches than before are about to leave, as a branch says: all of now. */
  | { readonly kind: 'branches_leaving'; readonly branches: readonly string[] }
  /** A branch is about to leave: exchanges take another session, and the one over this path ends when its own have. */
  | { readonly kind: 'session_moved'; readonly peer: string; readonly path: readonly string[] }
  /** A branch is about to leave, and no way around it was found: the session stays in use. */
  | {
      readonly kind: 'session_not_moved'
      readonly peer: string
      readonly path: readonly string[]
      readonly code: string
    }
  /** Where direct sessions are taken, and what the directory is told of it. */
  | { readonly kind: 'direct_listening'; readonly address: string; readonly announced: string }
  /** The directory could not be told about the direct address; it is tried again after `retryMs`. */
  | { readonly kind: 'direct_not_announced'; readonly code: string; readonly retryMs: number }
  /** A gateway could not be reached directly, or not for long; exchanges go through branches meanwhile. */
  | {
      readonly kind: 'direct_path_failed'
      readonly peer: string
      readonly code: string
      readonly retryMs: number
    }
  /** Connections to the direct port that came to nothing, by code, since this was told last; once a minute at most. */
  | { readonly kind: 'direct_turned_away'; readonly counts: Readonly<Record<string, number>> }
  | { readonly kind: 'session_closed'; readonly peer: string; readonly reason: string }
  /** Its line lost or held up so much that another session was the better way; it was closed. */
  | { readonly kind: 'session_left'; readonly peer: string; readonly lagMs: number }
  | { readonly kind: 'session_failed'; readonly peer: string; readonly detail: string }
  | { readonly kind: 'branch_linked'; readonly branch: string }
  | { readonly kind: 'branch_lost'; readonly branch: string; readonly detail: string }
  | { readonly kind: 'certificate_renewed'; readonly validUntil: string }
  /** Evidence that could not be written can be again; exchanges are taken. */
  | { readonly kind: 'evidence_writable' }
  /** Evidence that could not be written was opened again in vain; it is tried again after `retryMs`. */
  | { readonly kind: 'evidence_reopen_failed'; readonly detail: string; readonly retryMs: number }
  /** The daily end of retention: everything from before this instant may go, and so many records went. */
  | { readonly kind: 'evidence_retention_ran'; readonly before: string; readonly removed: number }
  | { readonly kind: 'evidence_upkeep_failed'; readonly detail: string }
  /** An official is to sign so many agreements. No event names the person. */
  | { readonly kind: 'signing_begun'; readonly signing: string; readonly agreements: number }
  /** This member's officials have signed, and the document is at the registry. */
  | { readonly kind: 'agreement_signed'; readonly signing: string; readonly agreement: string }
  | { readonly kind: 'signing_not_done'; readonly signing: string; readonly code: string }
  /** It ends by itself after 20 minutes; until then the other party cannot sign. */
  | { readonly kind: 'lease_not_released'; readonly agreement: string; readonly code: string }
  /** The signed document was verified here: the agreement counts from now on. */
  | { readonly kind: 'agreement_verified'; readonly agreement: string }
  /** The signed document could not be fetched or verified: the agreement allows nothing here. */
  | {
      readonly kind: 'agreement_not_verified'
      readonly agreement: string
      readonly code: string
      /** Step and code of the verifier, where it refused the document. */
      readonly step?: string
      readonly failure?: string
    }
  | { readonly kind: 'alarm'; readonly alarm: GatewayAlarm; readonly detail: string }
  | { readonly kind: 'unexpected_error'; readonly detail: string }
  | {
      readonly kind: 'part_event'
      readonly part: 'directory' | 'evidence' | 'session' | 'link' | 'front_door' | 'identity'
      readonly event: object
    }

/** What wakes an operator. Each names who can act in the guide to operating a gateway. */
export type GatewayAlarm =
  | 'own_member_changed'
  | 'directory_stale'
  | 'directory_forked'
  | 'evidence_unwritable'
  | 'certificate_not_renewed'
  | 'registry_unreachable'
  | 'agreement_not_verified'
  | 'test_authority'
  | 'not_acknowledged'
