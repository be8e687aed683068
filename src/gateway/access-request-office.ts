import { randomBytes } from 'node:crypto'
import type { RegistryAccessRequest, RegistryClient } from './registry-client.ts'

interface AccessRequestOfficeOptions {
  readonly network: string
  readonly member: string
  readonly registry: Pick<
    RegistryClient,
    'listAccessRequests' | 'refuseAccessRequest' | 'requestAccess' | 'withdrawAccessRequest'
  >
}

/** Where this member asks others for access, and sees who asks it. */
export class AccessRequestOffice {
  readonly #options: AccessRequestOfficeOptions

  constructor(options: AccessRequestOfficeOptions) {
    this.#options = options
  }

  /**
   * Asks a provider for access. Nothing is granted by it: the provider answers with a draft, or refuses.
   *
   * @param draft - the request without `type`, `network`, `consumer` and `nonce`
   * @returns its id, and until when the provider has to answer
   * @throws WuslaError `invalid_request`, `registry_unreachable`, of the registry
   */
  async ask(draft: object): Promise<{ readonly request: string; readonly answerBy: string }> {
    const { network, member, registry } = this.#options
    const nonce = randomBytes(16).toString('base64url')
    const request = { nonce, ...draft, type: 'wusla/access-request/v1', network, consumer: member }
    const { id, answerBy } = await registry.requestAccess(request)
    return { request: id, answerBy }
  }

  /** Requests by and to this member, newest last. @throws WuslaError `registry_unreachable` */
  async list(): Promise<readonly RegistryAccessRequest[]> {
    return await this.#options.registry.listAccessRequests(this.#options.member)
  }

  /** This member, the provider, refuses. @throws WuslaError `not_found`, `forbidden`, `conflict` */
  async refuse(id: string, reason: string): Promise<void> {
    await this.#options.registry.refuseAccessRequest(id, reason)
  }

  /** This member, the consumer, takes its request back. @throws WuslaError `not_found`, `forbidden`, `conflict` */
  async withdraw(id: string): Promise<void> {
    await this.#options.registry.withdrawAccessRequest(id)
  }
}
