import { randomBytes } from 'node:crypto'
import { makeAcceptance } from '../agreements/acceptance.ts'
import { type Agreement, agreementHash, decodeAgreement } from '../agreements/agreement.ts'
import { unenforcedTerms } from '../agreements/enforced-terms.ts'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { RegistryClient } from './registry-client.ts'

/** An agreement as its party sees it. */
export interface AgreementView {
  readonly agreement: string
  readonly status: 'proposed' | 'effective' | 'suspended' | 'revoked' | 'expired'
  readonly parties: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
  readonly content?: Agreement
  /** Members that have accepted, while it is proposed. */
  readonly acceptedBy?: readonly string[]
}

interface AgreementOfficeOptions {
  readonly network: string
  readonly member: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly key: () => SealKey
  readonly directory: Directory
  readonly store: AgreementStore
  readonly registry: RegistryClient
  readonly clock: Clock
  /** Resolves when the directory here shows the agreement; rejects after a time. */
  readonly untilInForce: (hash: string) => Promise<void>
}

/** Where this member proposes, accepts and reads its agreements. */
export class AgreementOffice {
  readonly #options: AgreementOfficeOptions

  constructor(options: AgreementOfficeOptions) {
    this.#options = options
  }

  /**
   * Completes a draft, accepts it for this member and files it with the registry for the other party.
   *
   * @param draft - content without `type`, `network` and `nonce`
   * @throws WuslaError `invalid_agreement`, `forbidden` when this member is no party, `terms_not_enforced`,
   *   `registry_unreachable`
   */
  async propose(draft: object): Promise<string> {
    const { network, registry, store } = this.#options
    const nonce = randomBytes(16).toString('base64url')
    const content = decodeAgreement({ nonce, ...draft, type: 'wusla/agreement/v1', network })
    this.#assertParty(content)
    assertEnforced(content)
    const hash = await store.put(content)
    await registry.proposeAgreement(content, await this.#acceptance(hash))
    return hash
  }

  /**
   * Accepts a proposed agreement after checking that its content is what its hash says.
   *
   * @throws WuslaError as {@link propose}, `agreement_not_found`
   */
  async accept(hash: string): Promise<void> {
    const { registry, store } = this.#options
    const filed = await registry.readAgreement(hash)
    const content = decodeAgreement(filed.content)
    if (agreementHash(content) !== hash)
      throw new WuslaError('invalid_agreement', {
        message: 'The registry shows another content than the hash names.',
      })
    this.#assertParty(content)
    assertEnforced(content)
    // Kept before it is accepted: from the moment it is in force this gateway must be able to decide by it.
    await store.put(content)
    await registry.acceptAgreement(hash, await this.#acceptance(hash))
    await this.#options.untilInForce(hash)
  }

  /** Fetches the contents of agreements that other nodes of this member signed. */
  async fetchMissing(): Promise<void> {
    const { directory, member, store, registry } = this.#options
    for (const { agreement } of directory.agreementsOf(member)) {
      if (store.get(agreement) !== undefined) continue
      const { content } = await registry.readAgreement(agreement)
      if (agreementHash(decodeAgreement(content)) === agreement) await store.put(content)
    }
  }

  /** All agreements of this member: those in the directory, and what is proposed at the registry if it answers. */
  async list(): Promise<AgreementView[]> {
    const { directory, member, store, registry, clock } = this.#options
    const now = new Date(clock.nowMs()).toISOString()
    const known = directory
      .agreementsOf(member)
      .map(({ agreement, parties, validFrom, validUntil, status }): AgreementView => {
        const content = store.get(agreement)
        const shown = status === 'effective' && validUntil <= now ? 'expired' : status
        return {
          agreement,
          parties,
          validFrom,
          validUntil,
          status: shown,
          ...(content === undefined ? {} : { content }),
        }
      })
    const filed = await registry.listAgreements(member).catch((error: unknown) => {
      // Proposals are the registry's to tell; what is in force is known here without it.
      if (error instanceof WuslaError && error.code === 'registry_unreachable') return []
      throw error
    })
    const proposed = filed
      .filter(({ hash }) => directory.agreement(hash) === undefined)
      .map(({ hash, content, acceptedBy }): AgreementView => {
        const decoded = decodeAgreement(content)
        const parties = decoded.parties.map((party) => party.member)
        const { validFrom, validUntil } = decoded
        return {
          agreement: hash,
          status: 'proposed',
          parties,
          validFrom,
          validUntil,
          content: decoded,
          acceptedBy,
        }
      })
    return [...known, ...proposed]
  }

  #assertParty(content: Agreement): void {
    const { member } = this.#options
    if (!content.parties.some((party) => party.member === member)) {
      throw new WuslaError('forbidden', {
        message: 'This member is not a party of the agreement.',
        details: { member },
      })
    }
  }

  async #acceptance(agreement: string): Promise<string> {
    const { member, key, clock } = this.#options
    return await makeAcceptance({ agreement, member, key: key(), nowMs: clock.nowMs() })
  }
}

/** Whoever signs promises what the gateway does: a term that it ignores would be a promise nobody keeps. */
function assertEnforced(content: Agreement): void {
  const problems = unenforcedTerms(content)
  if (problems.length > 0) throw new WuslaError('terms_not_enforced', { details: { problems } })
}
