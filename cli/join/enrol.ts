import { isErrorCode } from '../../src/protocol/error-codes.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import type { SignedChange } from '../../src/trust/signed-change.ts'

/** What the registry answers to an enrolment. */
export interface Enrolled {
  readonly index: number
  /** Certificate chain in PEM, leaf first. */
  readonly certificateChain: string
}

/**
 * Uses a one-time token: hands the registry the change that the new actor's own keys and the holder of the token signed,
 * and a certificate request. The token's secret stays here. A repeated call with the same change gives the same answer,
 * so a lost answer costs nothing to whoever kept the change.
 *
 * @throws WuslaError `registry_unreachable` when no whole answer came: the change may or may not be in the log; else
 * the registry's refusal, and the change is not in the log
 */
export async function enrol(registryUrl: string, signed: SignedChange, csr: string): Promise<Enrolled> {
  let response: Response
  try {
    response = await fetch(`${registryUrl}/v1/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ change: signed.change, signatures: signed.signatures, csr }),
      signal: AbortSignal.timeout(30_000),
    })
  } catch (cause) {
    throw new WuslaError('registry_unreachable', { details: { registry: registryUrl }, cause })
  }
  const answer = (await response.json().catch(() => ({}))) as Partial<Enrolled> & {
    readonly code?: string
    readonly message?: string
    readonly details?: object
  }
  if (response.ok && answer.certificateChain !== undefined && answer.index !== undefined) {
    return { index: answer.index, certificateChain: answer.certificateChain }
  }
  const details = { ...answer.details, registryStatus: response.status }
  // A refusal is the registry's own word; what a proxy says for it, or a registry in trouble, decides nothing.
  if (!isErrorCode(answer.code) || response.status >= 500)
    throw new WuslaError('registry_unreachable', { details: { ...details, registry: registryUrl } })
  const { code, message } = answer
  throw new WuslaError(code, { ...(message === undefined ? {} : { message }), details })
}
