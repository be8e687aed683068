import type { Session } from '../transport/session.ts'

/** What is looked at of a session. */
type Lagging = Pick<Session, 'open' | 'lagMs' | 'silentMs' | 'hasStreamedMessages'>

/** A session that lags so much takes no new exchange while another does not, in milliseconds. */
const SLUGGISH_MS = 750

/** A session that lags so much is left, exchanges and all, while another does not, in milliseconds. */
const LEFT_MS = 1_750

/** Whether a session may take new exchanges before one that lags. */
export function isPrompt({ lagMs }: Pick<Session, 'lagMs'>): boolean {
  return lagMs < SLUGGISH_MS
}

/**
 * The sessions to one peer that are worth leaving: their line loses or holds up so much that what they carry arrives sooner
 * when it is sent again over another, which has been heard of just now. When none has, it is the peer or this gateway that is
 * slow, and nothing is gained. One that carries streams is kept: those would be lost.
 */
export function worthLeaving<T extends Lagging>(sessions: readonly T[]): T[] {
  const open = sessions.filter((session) => session.open)
  if (!open.some(({ lagMs, silentMs }) => lagMs < SLUGGISH_MS && silentMs < SLUGGISH_MS)) return []
  return open.filter((session) => session.lagMs >= LEFT_MS && !session.hasStreamedMessages)
}
