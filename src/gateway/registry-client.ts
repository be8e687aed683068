import type { Clock } from '../protocol/clock.ts'
import { type ErrorCode, ERROR_TABLE } from '../protocol/error-codes.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { sealRequest } from '../trust/sealed-request.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { SignedChange } from '../trust/signed-change.ts'

/** An agreement as the registry keeps it for its parties (docs/spec/agreement.md, section 9). */
export interface RegistryAgreement {
  readonly hash: string
  readonly content: unknown
  readonly acceptances: readonly string[]
  readonly acceptedBy: readonly string[]
  readonly status: 'draft' | 'frozen' | 'refused' | 'countered' | 'effective'
  readonly proposedBy?: string
  readonly proposedAt?: string
  readonly frozenAt?: string
  /** Who refused or withdrew it. */
  readonly closedBy?: string
  /** Why. */
  readonly reason?: string
  /** Hash of the draft to which it is the counter-proposal. */
  readonly counters?: string
  readonly counteredBy?: string
  /** Id of the access request that it answers. */
  readonly request?: string
  /** By member: what its officials signed. Empty until the first party has uploaded. */
  readonly signed: Readonly<Record<string, SignedByParty>>
  /** Who signs at this moment, and how long nobody else may. */
  readonly lease?: { readonly by: string; readonly until: string }
}

/** One signature field of the document, and the mandate under which it was signed. */
export interface RegistrySigner {
  /** Name of the signature field. */
  readonly field: string
  readonly mandate: string
  /** 32 bytes, base64url: with it the other party compares the certificate with the mandate's holder. Not public. */
  readonly salt: string
}

/** The signatures of one party. */
export interface SignedByParty {
  readonly signers: readonly RegistrySigner[]
  /** `digest256` of the whole file as this party uploaded it. */
  readonly document: string
  /** When the registry took it, by its clock. */
  readonly at: string
}

/** How a proposal stands to what was before it. */
export interface ProposalLinks {
  /** Id of the access request that it answers. */
  readonly request?: string
  /** Hash of the draft of the same two parties that it takes the place of. */
  readonly counters?: string
}

/** A request for access as the registry keeps it for consumer and provider. */
export interface RegistryAccessRequest {
  readonly id: string
  /** `wusla/access-request/v1`, as the consumer wrote it. */
  readonly request: unknown
  readonly receivedAt: string
  readonly answerBy: string
  readonly status: 'open' | 'answered' | 'refused' | 'withdrawn'
  /** It is open and `answerBy` has passed. */
  readonly isOverdue: boolean
  /** Hash of the newest draft that answers it. */
  readonly agreement?: string
  readonly reason?: string
}

/** The present revision of a signed document; nothing while nobody has signed. */
export interface RegistryDocument {
  readonly document?: Uint8Array
  readonly digest?: string
}

interface RegistryClientOptions {
  readonly url: string
  readonly network: string
  readonly gateway: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly sealKey: () => SealKey
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Time for one call, milliseconds. Default 10,000; a document has six times as long. */
  readonly timeoutMs?: number
}

/** A document of 8 MiB on a slow line. */
const DOCUMENT_TIMES = 6

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

  /**
   * Files a content: accepted by the seal in a network without a signing policy, else as a draft, without acceptance.
   *
   * @throws WuslaError `invalid_agreement`, `signatures_required`, `conflict` when what it counters is closed or signed
   */
  async proposeAgreement(
    content: unknown,
    acceptance: string | undefined,
    links: ProposalLinks = {},
  ): Promise<void> {
    await this.#call('POST', '/v1/agreements', { content, acceptance, ...links })
  }

  async acceptAgreement(hash: string, acceptance: string): Promise<void> {
    await this.#call('POST', `/v1/agreements/${hash}/acceptances`, { acceptance })
  }

  /** The agreements to which this gateway's member is a party, proposed ones included. */
  async listAgreements(member: string): Promise<RegistryAgreement[]> {
    return (await this.#pages('agreements', member)) as RegistryAgreement[]
  }

  async readAgreement(hash: string): Promise<RegistryAgreement> {
    return (await this.#call('GET', `/v1/agreements/${hash}`)) as RegistryAgreement
  }

  /** The content is final from here on. @throws WuslaError `conflict`, `signing_in_progress` */
  async freezeAgreement(hash: string): Promise<void> {
    await this.#call('POST', `/v1/agreements/${hash}/freeze`, {})
  }

  /** Refuses a draft, or withdraws an own one. @throws WuslaError `conflict` once anybody signed */
  async refuseAgreement(hash: string, reason: string): Promise<void> {
    await this.#call('POST', `/v1/agreements/${hash}/refusal`, { reason })
  }

  /**
   * The right to sign next, for 20 minutes from now; again, to keep it longer. Freezes the content.
   *
   * @returns when it ends, and the digest of the revision to sign on; null: of the unsigned document
   * @throws WuslaError `signing_in_progress` (`details.until`), `already_signed`, `conflict`
   */
  async takeLease(hash: string): Promise<{ readonly leaseUntil: string; readonly document: string | null }> {
    const answer = await this.#call('POST', `/v1/agreements/${hash}/lease`, {})
    return answer as { leaseUntil: string; document: string | null }
  }

  /** Gives the lease back; nothing happens when this member does not hold it. */
  async releaseLease(hash: string): Promise<void> {
    await this.#call('POST', `/v1/agreements/${hash}/lease/release`, {})
  }

  /** The newest signed revision. What it says is the other party's word until it was verified here. */
  async readDocument(hash: string): Promise<RegistryDocument> {
    const answer = await this.#call('GET', `/v1/agreements/${hash}/document`, undefined, DOCUMENT_TIMES)
    const { document, digest } = answer as { document?: string; digest?: string }
    if (document === undefined || digest === undefined) return {}
    return { document: Uint8Array.from(Buffer.from(document, 'base64')), digest }
  }

  /**
   * Files the revision that this party's officials signed, with the seal over it. The second one puts the agreement
   * into force. The same revision again is taken once.
   *
   * @throws WuslaError `already_signed`, `lease_required`, `signing_in_progress`, `document_not_extended`,
   *   `mandate_not_valid`, `invalid_signature`, `request_too_large`, `change_refused`
   */
  async submitDocument(
    hash: string,
    signed: {
      readonly document: Uint8Array
      readonly acceptance: string
      readonly signers: readonly RegistrySigner[]
    },
  ): Promise<void> {
    const body = { ...signed, document: Buffer.from(signed.document).toString('base64') }
    await this.#call('POST', `/v1/agreements/${hash}/document`, body, DOCUMENT_TIMES)
  }

  /** Asks a provider for access. The same request again is filed once. */
  async requestAccess(request: unknown): Promise<{ readonly id: string; readonly answerBy: string }> {
    return (await this.#call('POST', '/v1/access-requests', { request })) as { id: string; answerBy: string }
  }

  /** Requests for access by and to this gateway's member, newest last. */
  async listAccessRequests(member: string): Promise<RegistryAccessRequest[]> {
    return (await this.#pages('access-requests', member, 'requests')) as RegistryAccessRequest[]
  }

  /** The provider refuses. @throws WuslaError `not_found`, `forbidden`, `conflict` */
  async refuseAccessRequest(id: string, reason: string): Promise<void> {
    await this.#call('POST', `/v1/access-requests/${id}/refusal`, { reason })
  }

  /** The consumer takes its request back. @throws WuslaError `not_found`, `forbidden`, `conflict` */
  async withdrawAccessRequest(id: string): Promise<void> {
    await this.#call('POST', `/v1/access-requests/${id}/withdrawal`, {})
  }

  /** A fresh certificate over the same key. Resolves with the chain in PEM, leaf first. */
  async renewCertificate(csr: string): Promise<string> {
    const answer = await this.#call('POST', '/v1/certificates', { csr })
    return (answer as { certificateChain: string }).certificateChain
  }

  async #pages(list: string, member: string, field: string = list): Promise<unknown[]> {
    const all: unknown[] = []
    let cursor: number | undefined = 0
    while (cursor !== undefined) {
      const path = `/v1/${list}?member=${encodeURIComponent(member)}&cursor=${cursor}`
      const page = (await this.#call('GET', path)) as Record<string, unknown[]> & { next?: number }
      all.push(...(page[field] ?? []))
      cursor = page.next
    }
    return all
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown, times = 1): Promise<unknown> {
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
        signal: AbortSignal.timeout(timeoutMs * times),
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
