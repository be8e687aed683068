import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Agreement } from '../agreements/agreement.ts'
import { countPages } from '../agreements/count-pages.ts'
import type { Directory } from '../directory/directory.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { SignedAgreement } from './paperless-figures.ts'

/** The party at whose gateway an agreement is counted: there is exactly one in each kind. */
const COUNTED_AT: ReadonlySet<string> = new Set(['consumer', 'host', 'member'])

interface SignedAgreementsOptions {
  readonly member: string
  readonly stateDirectory: string
  readonly directory: Pick<Directory, 'agreementsOf'>
  readonly agreements: Pick<AgreementStore, 'get'>
}

/**
 * Agreements that count for this member's paper, with the pages of those whose document lies beside the content. Each
 * document is read once: what its name says never changes.
 */
export class SignedAgreements {
  readonly #options: SignedAgreementsOptions
  /** By agreement: as many as the member has. */
  readonly #pages = new Map<string, number>()

  constructor(options: SignedAgreementsOptions) {
    this.#options = options
  }

  /**
   * Agreements that took effect from `fromMs` on and before `untilMs` (milliseconds since 1970), whatever became of them. Of
   * the two parties only the consumer, the host or the new member counts one; content that is not here is left out.
   *
   * @throws WuslaError `internal_error` for a document that is none
   */
  async list(fromMs: number, untilMs: number): Promise<SignedAgreement[]> {
    const { directory, agreements, member } = this.#options
    const found = directory.agreementsOf(member).flatMap(({ agreement, effectiveAt }) => {
      const content = agreements.get(agreement)
      const time = Date.parse(effectiveAt)
      const isCounted = content !== undefined && time >= fromMs && time < untilMs
      return isCounted && isCountedAt(content, member) ? [agreement] : []
    })
    await this.#readPages(found)
    return found.map((agreement) => {
      const pages = this.#pages.get(agreement)
      return pages === undefined ? { agreement } : { agreement, pages }
    })
  }

  async #readPages(found: readonly string[]): Promise<void> {
    const folder = join(this.#options.stateDirectory, 'agreements')
    const fileOf = (agreement: string): string => join(folder, `${agreement}.pdf`)
    const wanted = found.filter((agreement) => !this.#pages.has(agreement) && existsSync(fileOf(agreement)))
    const counted = await countPages(wanted.map(fileOf))
    for (const [place, agreement] of wanted.entries()) {
      const pages = counted[place]
      if (typeof pages === 'number') this.#pages.set(agreement, pages)
    }
  }
}

function isCountedAt({ parties }: Agreement, member: string): boolean {
  return parties.some((party) => party.member === member && COUNTED_AT.has(party.role))
}
