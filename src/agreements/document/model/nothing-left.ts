import type { Agreement } from '../../agreement.ts'

/**
 * Called with what is left of a part of a content when every member that the document shows was taken out. A term that is
 * signed is shown: this fails to compile when a content grows by a member, and fails when one comes in by another way.
 */
export function nothingLeft(rest: Readonly<Record<string, never>>): void {
  if (Object.keys(rest).length > 0) throw new TypeError('a term of the content would not be shown')
}

type MemberOf<T> = T extends unknown ? keyof T : never

/** Where a reader finds each member of a content. */
const PLACES: Readonly<
  Record<MemberOf<Agreement>, 'above the clauses' | 'in a clause' | 'in the hash alone'>
> = {
  type: 'in the hash alone',
  nonce: 'in the hash alone',
  kind: 'above the clauses',
  title: 'above the clauses',
  network: 'above the clauses',
  parties: 'above the clauses',
  validFrom: 'above the clauses',
  validUntil: 'above the clauses',
  supersedes: 'above the clauses',
  template: 'above the clauses',
  grants: 'in a clause',
  connection: 'in a clause',
  hosting: 'in a clause',
  membership: 'in a clause',
}

/** The same for a content as a whole. */
export function assertShown(content: Agreement): void {
  if (!Object.keys(content).every((member) => Object.hasOwn(PLACES, member)))
    throw new TypeError('a member of the content would not be shown')
}
