import type { Assurance } from './assurance.ts'
import type { HiddenText } from './hidden-text.ts'

/** A person as a provider proved them, in memory for as long as the login lasts. */
export interface Person {
  /** Name of the provider in the configuration, e.g. `uae-pass`. Together with `uuid` it is the key to store. */
  readonly provider: string
  /** The provider's lasting key of the person. Never a mobile number, an e-mail address or a name. */
  readonly uuid: string
  readonly assurance: Assurance
  /** Normalised, as {@link normalName} does; a language is absent when the provider gave nothing. */
  readonly name: { readonly ar?: string; readonly en?: string }
  /** The national identity number. In memory only: stored is a keyed digest of it. Visitors have none. */
  readonly identityNumber?: HiddenText
  /** What the provider knows the person by at a step-up: address or number. In memory only. */
  readonly loginHint?: HiddenText
}

/** Longest name that is kept, in characters. */
const MAX_NAME = 200

// Characters that turn the direction of what follows could make another name of it on a page (Unicode TR9).
const INVISIBLE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/**
 * A name as people write it: providers pack its parts between commas, with empty parts and trailing blanks. Undefined
 * when nothing is left.
 */
export function normalName(raw: string): string | undefined {
  const name = raw
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .split(',')
    .map((part) => part.trim().replace(/\s+/gu, ' '))
    .filter((part) => part !== '')
    .join(' ')
  const kept = Array.from(name).slice(0, MAX_NAME).join('')
  return kept === '' ? undefined : kept
}
