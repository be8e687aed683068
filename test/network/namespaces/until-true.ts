import { setTimeout as pause } from 'node:timers/promises'

/** Waits for something that other processes bring about. @throws Error with its name after `limitMs` (default 30 s) */
export async function untilTrue(
  what: string,
  holds: () => Promise<boolean> | boolean,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
    await pause(25)
  }
}
