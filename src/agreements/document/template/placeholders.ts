import type { AgreementKind } from '../../agreement.ts'

/** What stands on a line of its own and draws a part of the content. */
export type Block = 'grants' | 'connection' | 'hosting' | 'duties'

/** When a clause is there: the content has, or some grant of it has. */
export const CONDITIONS = [
  'supersedes',
  'connection',
  'limits',
  'hours',
  'transit',
  'retention',
  'acknowledgement',
  'hosted-services',
] as const

export type Condition = (typeof CONDITIONS)[number]

const ANY_KIND = [
  'title',
  'network',
  'hash',
  'valid-from',
  'valid-until',
  'supersedes',
  'extra-line-cost',
] as const

/** Placeholders that mean something only under a condition. */
export const NEEDS: Readonly<Record<string, Condition>> = {
  supersedes: 'supersedes',
  'extra-line-cost': 'connection',
}

/** Words inside a sentence, by kind. The name of a party is its identifier where the content gives no name. */
export const INLINE: Readonly<Record<AgreementKind, readonly string[]>> = {
  service: [...ANY_KIND, 'provider', 'provider-id', 'consumer', 'consumer-id'],
  hosting: [...ANY_KIND, 'operator', 'operator-id', 'host', 'host-id', 'branch', 'site'],
  membership: [...ANY_KIND, 'operator', 'operator-id', 'member', 'member-id'],
}

/** Parts that a text of this kind must show, once each: whoever signs must see every term. */
export const BLOCKS: Readonly<Record<AgreementKind, readonly Block[]>> = {
  service: ['grants', 'connection'],
  hosting: ['hosting', 'duties', 'connection'],
  membership: ['duties', 'connection'],
}
