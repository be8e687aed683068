import type { EstablishedSession } from '../peer-sessions.ts'

/**
 * Direct sessions before the others, each kind in the order it had: no way is shorter, and no branch can take it away.
 */
export function directFirst<Used extends { readonly established: Pick<EstablishedSession, 'path'> }>(
  list: readonly Used[],
): Used[] {
  const isDirect = ({ established }: Used): boolean => established.path.length === 0
  return [...list.filter(isDirect), ...list.filter((used) => !isDirect(used))]
}

/** Settles only when the attempt gave a session: for a race against other ways, which fail for themselves. */
export async function unlessFailed<Session>(attempt: Promise<Session | undefined>): Promise<Session> {
  const session = await attempt
  return session ?? (await new Promise<never>(() => undefined))
}
