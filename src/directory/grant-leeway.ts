/**
 * Clocks of a member and of a time-stamp authority differ: a grant counts from this much before its own time, in milliseconds. No more,
 * or a member could appoint somebody afterwards for what was signed long before. `docs/spec/directory.md`, 4.8.4.
 */
export const GRANT_LEEWAY_MS = 300_000
