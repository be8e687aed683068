import type { Anchor } from '../trust/anchor.ts'
import { startReplay } from './verify/change-rules.ts'
import { standingAt } from './verify/agreement-check.ts'
import type { EvidenceFacts } from './verify-result.ts'

/** What the entries of a directory say about one agreement. */
export interface AgreementStanding {
  /** At the time asked about. */
  readonly standing: Exclude<EvidenceFacts['agreement']['standing'], 'open' | 'unknown'>
  /** Members whose seals over the content's hash were verified. */
  readonly sealedBy: readonly string[]
  /** How many entries were given. That none was left out, at the end above all, is the word of who gave them. */
  readonly entries: number
}

/** What of the content decides. */
export interface AgreedTerms {
  readonly parties: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
}

/**
 * Replays all entries of a directory from its founding, each with its signatures, and verifies the seals with which the parties
 * accepted an agreement, by the keys that the directory had bound to them then.
 *
 * @param entries - in their order, from the first
 * @param terms - members and validity by the content: the directory's word on who agreed must be the same, its validity does not count
 * @param at - RFC 3339, UTC, milliseconds
 * @returns undefined when the entries are not of the anchor's network, or show no such agreement between these parties
 */
export function agreementStanding(
  entries: readonly string[],
  anchor: Anchor,
  agreement: string,
  terms: AgreedTerms,
  at: string,
): AgreementStanding | undefined {
  const { view, apply } = startReplay(anchor)
  for (const entry of entries) if (apply(entry) === 'anchor') return undefined
  const found = view.agreements.get(agreement)
  if (found === undefined || !isSame(found.parties, terms.parties)) return undefined
  return {
    standing: standingAt({ ...found, validFrom: terms.validFrom, validUntil: terms.validUntil }, at),
    sealedBy: found.parties,
    entries: entries.length,
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each))
}
