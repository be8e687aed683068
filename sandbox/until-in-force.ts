import { setTimeout as pause } from 'node:timers/promises'
import { callAdmin } from './drive.ts'
import type { Admin } from './sign-as.ts'

/** Between two looks. Unit: ms. */
const LOOK_MS = 50
/** How long it may take at a first start on a busy machine. Unit: ms. */
const WITHIN_MS = 60_000

/**
 * Resolves when a gateway allows what a signed agreement grants: it has verified the document itself, and the agreement is in force.
 *
 * @throws Error with what the gateway says of the agreement when it does not come to that within `withinMs`
 */
export async function untilInForce(
  { url, token }: Admin,
  agreement: string,
  withinMs: number = WITHIN_MS,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const { agreements } = (await callAdmin(url, token, 'GET', '/v1/agreements')) as {
      readonly agreements: readonly {
        readonly id: string
        readonly status: string
        readonly isVerified?: boolean
      }[]
    }
    const found = agreements.find(({ id }) => id === agreement)
    if (found?.status === 'in_force' && found.isVerified === true) return
    if (performance.now() > deadlineMs)
      throw new Error(
        `${agreement} is not in force at ${url}: ${JSON.stringify(found) ?? 'it is not known there'}`,
      )
    await pause(LOOK_MS)
  }
}
