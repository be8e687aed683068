import { setTimeout as pause } from 'node:timers/promises'
import { callApi } from '../api-client.ts'
import type { GatewayTarget } from '../target.ts'

/** One signing as the gateway tells it. */
export interface Signing {
  readonly signing: string
  readonly status: 'waiting_for_login' | 'waiting_for_signature' | 'finished' | 'failed'
  readonly agreements: readonly string[]
  readonly signed: readonly string[]
  /** Signed by the first of two officials; the second one is still missing. */
  readonly waitingForSecond?: readonly string[]
  readonly failures?: readonly SigningFailure[]
  readonly error?: { readonly code: string; readonly message: string; readonly remedy?: string }
}

/** Why one of several agreements was not signed. */
export interface SigningFailure {
  readonly agreement: string
  readonly code: string
  readonly message: string
}

/** Between two looks. Unit: ms. */
const LOOK_MS = 200

/**
 * Waits until a signing has ended, well or not.
 *
 * @param signal - aborted: the signing is cancelled at the gateway, so that nobody finishes it behind the back of who waits
 */
export async function waitForSigning(
  target: GatewayTarget,
  signing: string,
  signal: AbortSignal,
): Promise<Signing> {
  const path = `/v1/signings/${encodeURIComponent(signing)}`
  for (;;) {
    const now = (await callApi(target, 'GET', path)) as Signing
    if (now.status === 'finished' || now.status === 'failed') return now
    if (signal.aborted) {
      await callApi(target, 'DELETE', path)
      return (await callApi(target, 'GET', path)) as Signing
    }
    await pause(LOOK_MS)
  }
}
