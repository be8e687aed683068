import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { HeldRevisions } from './held-revisions.ts'
import type { SigningDeps } from './signing-ports.ts'

/**
 * Gives a lease back, unless this member's first official has signed under it and the second is awaited. Never throws: a lease that cannot be
 * given back ends by itself after 20 minutes, and the operator is told.
 */
export async function releaseLease(
  { registry, onEvent }: Pick<SigningDeps, 'registry' | 'onEvent'>,
  held: HeldRevisions,
  agreement: string,
): Promise<void> {
  if (held.list().some((each) => each.agreement === agreement)) return
  try {
    await registry.releaseLease(agreement)
  } catch (error) {
    const { code } = toWuslaError(error, 'internal_error')
    onEvent({ kind: 'lease_not_released', agreement, code })
  }
}
