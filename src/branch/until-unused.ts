import { setTimeout as pause } from 'node:timers/promises'

/** How often it is looked, in milliseconds. */
const LOOK_MS = 50

/** Resolves when nobody uses the branch any more, when the grace is over, or soon after it need not wait any longer. */
export async function untilUnused(
  isUsed: () => boolean,
  graceMs: number,
  mayWait: () => boolean,
): Promise<void> {
  const until = performance.now() + graceMs
  while (isUsed() && mayWait() && performance.now() < until) await pause(LOOK_MS)
}
