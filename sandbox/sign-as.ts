import { setTimeout as pause } from 'node:timers/promises'
import { callAdmin } from './drive.ts'

/** The admin API of a gateway. */
export interface Admin {
  readonly url: string
  readonly token: string
}

/** Where the stand-in of the national identity is told what its people do. */
export interface StandInControl {
  readonly url: string
  readonly controlToken: string
}

interface Signing {
  readonly status: string
  readonly error?: object
  readonly failures?: readonly object[]
}

/** Between two looks at a signing. Unit: ms. */
const LOOK_MS = 100

/**
 * An official signs agreements with one approval, as with a browser. Resolves when the gateway has handed in what was signed.
 *
 * @throws Error with the gateway's own words when one of them was not signed
 */
export async function signAs(
  persona: string,
  gateway: Admin,
  standIn: StandInControl,
  agreements: readonly string[],
): Promise<void> {
  const { url, token } = gateway
  const { signing, address } = (await callAdmin(url, token, 'POST', '/v1/signings', { agreements })) as {
    readonly signing: string
    readonly address: string
  }
  const visit = { address, persona, answer: 'approve' }
  await callAdmin(standIn.url, standIn.controlToken, 'POST', '/control/visit', visit)
  for (;;) {
    const now = (await callAdmin(url, token, 'GET', `/v1/signings/${signing}`)) as Signing
    const { status, error, failures = [] } = now
    if (status === 'failed' || failures.length > 0)
      throw new Error(`${persona} did not sign: ${JSON.stringify(error ?? failures)}`)
    if (status === 'finished') return
    await pause(LOOK_MS)
  }
}
