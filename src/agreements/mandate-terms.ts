import { createHmac } from 'node:crypto'
import type { Agreement, Bilingual } from './agreement.ts'
import { beyondScope, type MandateScope } from './mandate-scope.ts'

/** What a mandate lets one official of a member sign: `docs/spec/agreement-document.md`, section 8. */
export interface MandateTerms extends MandateScope {
  readonly member: string
  /** {@link mandateHolder} of the official. */
  readonly holder: string
  /** Of the office, never of the person. */
  readonly office: Bilingual
  /** A second official of the member has to sign too. Default: false. */
  readonly fourEyes?: boolean
}

/** A mandate at one instant. */
export type MandateStanding =
  | { readonly standing: 'valid'; readonly terms: MandateTerms }
  | { readonly standing: 'unknown' | 'not_yet' | 'expired' | 'ended' }

/** Which signature was made under which mandate; the salt opens its `holder` to whoever has the certificate. */
export interface MandateSigner {
  /** Name of the signature field. */
  readonly field: string
  readonly mandate: string
  /** 32 bytes in base64url. */
  readonly salt: string
}

/** Where a verifier learns under which mandates a document was signed. */
export interface MandateSource {
  readonly signers: readonly MandateSigner[]
  /**
   * A member that has signed once and whose second official is yet to sign: between the two signings of one party, and never
   * afterwards. Default: none.
   */
  readonly awaitsSecond?: string
  /** How the directory shows a mandate at an instant. */
  readonly at: (mandate: string, time: string) => MandateStanding
}

/** Why a mandate does not cover a content. */
export type BeyondMandate = 'member' | ReturnType<typeof beyondScope>

/**
 * What is published of an official instead of the identity number: HMAC-SHA-256 of its characters in UTF-8 with the salt as the key,
 * base64url. Without the salt, which only the parties and the document's holders have, nobody can try numbers out.
 *
 * @param salt - base64url
 */
export function mandateHolder(salt: string, identityNumber: string): string {
  return createHmac('sha256', Buffer.from(salt, 'base64url'))
    .update(identityNumber, 'utf8')
    .digest('base64url')
}

/** What of a content goes beyond a mandate: the first such thing, or undefined when it covers all. */
export function beyondMandate(content: Agreement, terms: MandateTerms): BeyondMandate {
  const isParty = content.parties.some(({ member }) => member === terms.member)
  return isParty ? beyondScope(content, terms) : 'member'
}
