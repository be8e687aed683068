import type { Clock } from '../protocol/clock.ts'
import { type ErrorCode, ERROR_TABLE } from '../protocol/error-codes.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { sealRequest } from '../trust/sealed-request.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { SignedChange } from '../trust/signed-change.ts'

/** An agreement as the registry keeps it for its parties. */
export interface RegistryAgreement {
  readonly hash: string
  readonly content: unknown
  readonly acceptances: readonly string[]
  readonly acceptedBy: readonly string[]
}

interface RegistryClientOptions {
  readonly url: string
  readonly network: string
  readonly gateway: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly sealKey: () => SealKey
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Time for one call, milliseconds. Default 10,000. */
  readonly timeoutMs?: number
}

/** This gateway's way to the registry: each request is sealed with the member's key. */
export class RegistryClient {
  readonly #options: RegistryClientOptions

  constructor(options: RegistryClientOptions) {
    this.#options = options
  }

  /** Publishes a change that this member signed. Resolves with its index in the directory. */
  async submitChange(change: SignedChange): Promise<number> {
    const answer = await this.#call('POST', '/v1/changes', change)
    return (answer as { index: number }).index
  }

  async proposeAgreement(content: unknown, acceptance: string): Promise<void> {
    await this.#call('POST', '/v1/agreements', { content, acceptance })
  }

  async acceptAgreement(hash: string, acceptance: string): Promise<void> {
    await this.#call('POST', `/v1/agreements/${hash}/acceptances`, { acceptance })
  }

  /** The agreements to which this gateway's member is a party, proposed ones included. */
  async listAgreements(member: string): Promise<RegistryAgreement[]> {
    const all: RegistryAgreement[] = []
    let cursor: number | undefined = 0
    while (cursor !== undefined) {
      const path = `/v1/agreements?member=${encodeURIComponent(member)}&cursor=${cursor}`
      const page = (await this.#call('GET', path)) as { agreements: RegistryAgreement[]; next?: number }
      all.push(...page.agreements)
      cursor = page.next
    }
    return all
  }

  async readAgreement(hash: string): Promise<RegistryAgreement> {
    return (await this.#call('GET', `/v1/agreements/${hash}`)) as RegistryAgreement
  }

  /** A fresh certificate over the same key. Resolves with the chain in PEM, leaf first. */
  async renewCertificate(csr: string): Promise<string> {
    const answer = await this.#call('POST', '/v1/certificates', { csr })
    return (answer as { certificateChain: string }).certificateChain
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { url, network, gateway, sealKey, clock, fetch, timeoutMs = 10_000 } = this.#options
    const bytes = body === undefined ? '' : JSON.stringify(body)
    const authorization = await sealRequest({
      actor: gateway,
      network,
      method,
      path,
      body: bytes,
      key: sealKey(),
      nowMs: clock.nowMs(),
    })
    let response: Response
    try {
      response = await fetch(new URL(path, url), {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: bytes }),
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch (cause) {
      throw new WuslaError('registry_unreachable', { details: { registry: url }, cause })
    }
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok) return answer
    throw refusalOf(response.status, answer)
  }
}

/** The registry's own refusal, kept under its code so that the caller sees cause and remedy unchanged. */
function refusalOf(status: number, answer: unknown): WuslaError {
  const { code, message, details } = (answer ?? {}) as { code?: string; message?: string; details?: object }
  const known: ErrorCode =
    code !== undefined && code in ERROR_TABLE ? (code as ErrorCode) : 'registry_unreachable'
  return new WuslaError(known, {
    ...(message === undefined ? {} : { message }),
    details: { ...details, registryStatus: status },
  })
}
