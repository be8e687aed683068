import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Agreement, agreementHash, decodeAgreement } from '../agreements/agreement.ts'
import { verifyAcceptance } from '../agreements/acceptance.ts'
import type { Directory } from '../directory/directory.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { writePrivateFile } from '../trust/private-file.ts'
import type { Publisher } from './publisher.ts'

/** Proposals of one member that nobody has accepted yet; more are refused. */
const MAX_OPEN_PROPOSALS = 1_000

/** Files that are read at the same time at the start. */
const READ_AT_ONCE = 64

/** An agreement as the registry keeps it for its parties: content, and who accepted so far. */
export interface FiledAgreement {
  readonly hash: string
  readonly content: Agreement
  /** Compact JWS by party. */
  readonly acceptances: Readonly<Record<string, string>>
}

/**
 * Where parties meet to agree: holds the content of proposed and accepted agreements, one file each, and publishes an
 * agreement once both parties have accepted. The contents are for the parties, the operator and auditors only.
 */
export class AgreementDesk {
  readonly #folder: string
  readonly #directory: Directory
  readonly #publisher: Publisher
  readonly #filed = new Map<string, FiledAgreement>()
  readonly #byMember = new Map<string, Set<string>>()
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, directory: Directory, publisher: Publisher) {
    this.#folder = folder
    this.#directory = directory
    this.#publisher = publisher
  }

  static async open(
    stateDirectory: string,
    directory: Directory,
    publisher: Publisher,
  ): Promise<AgreementDesk> {
    const folder = join(stateDirectory, 'agreements')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const desk = new AgreementDesk(folder, directory, publisher)
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
    for (let from = 0; from < names.length; from += READ_AT_ONCE) {
      const slice = names.slice(from, from + READ_AT_ONCE)
      const texts = await Promise.all(slice.map(async (name) => await readFile(join(folder, name), 'utf8')))
      for (const text of texts) desk.#keep(JSON.parse(text) as FiledAgreement)
    }
    // A crash may have come between the last acceptance and its publication.
    for (const filed of desk.#filed.values()) await desk.#publishIfComplete(filed).catch(ignoreRefusal)
    return desk
  }

  get(hash: string): FiledAgreement | undefined {
    return this.#filed.get(hash)
  }

  list(member?: string): FiledAgreement[] {
    if (member === undefined) return [...this.#filed.values()]
    return [...(this.#byMember.get(member) ?? [])].flatMap((hash) => this.#filed.get(hash) ?? [])
  }

  /** Files a proposal with its first acceptance. @throws WuslaError `invalid_agreement`, `invalid_signature`, `forbidden` */
  async propose(member: string, value: unknown, acceptance: string): Promise<string> {
    const content = decodeAgreement(value)
    const hash = agreementHash(content)
    this.#mustBeOfThisNetwork(content)
    if (!this.#filed.has(hash) && this.#openProposals(member) >= MAX_OPEN_PROPOSALS) {
      throw new WuslaError('too_many_requests', {
        message: 'Too many proposals of this member wait for an answer.',
      })
    }
    await this.#enqueue(
      async () =>
        await this.#accept(
          { hash, content, acceptances: this.#filed.get(hash)?.acceptances ?? {} },
          member,
          acceptance,
        ),
    )
    return hash
  }

  /** Files an acceptance; the one that completes it publishes the agreement. @throws WuslaError `agreement_not_found` … */
  async accept(hash: string, member: string, acceptance: string): Promise<void> {
    await this.#enqueue(async () => {
      const filed = this.#filed.get(hash)
      if (filed === undefined) throw new WuslaError('agreement_not_found')
      await this.#accept(filed, member, acceptance)
    })
  }

  #keep(filed: FiledAgreement): void {
    this.#filed.set(filed.hash, filed)
    for (const { member } of filed.content.parties) {
      const hashes = this.#byMember.get(member) ?? new Set()
      this.#byMember.set(member, hashes.add(filed.hash))
    }
  }

  #mustBeOfThisNetwork(content: Agreement): void {
    const { network } = this.#directory.anchor
    const stranger = content.parties.find(({ member }) => this.#directory.member(member) === undefined)
    if (content.network === network && stranger === undefined) return
    const problem =
      stranger === undefined
        ? { path: '/network', problem: `must be ${network}` }
        : { path: '/parties', problem: `${stranger.member} is not admitted` }
    throw new WuslaError('invalid_agreement', { details: { problems: [problem] } })
  }

  #openProposals(member: string): number {
    const isOpen = ({ acceptances }: FiledAgreement): boolean =>
      Object.hasOwn(acceptances, member) && Object.keys(acceptances).length === 1
    return this.list(member).filter(isOpen).length
  }

  async #accept(filed: FiledAgreement, member: string, acceptance: string): Promise<void> {
    if (!filed.content.parties.some((party) => party.member === member)) throw new WuslaError('forbidden')
    verifyAcceptance(acceptance, {
      agreement: filed.hash,
      member,
      resolveKey: (kid: string) => {
        const key = this.#directory.activeSealKey(kid)
        return key?.member === member ? key.verifier : undefined
      },
    })
    const next: FiledAgreement = { ...filed, acceptances: { ...filed.acceptances, [member]: acceptance } }
    // Durable before it is published: what is in force must be readable by its parties for ever.
    await writePrivateFile(join(this.#folder, `${filed.hash}.json`), JSON.stringify(next))
    this.#keep(next)
    await this.#publishIfComplete(next)
  }

  async #publishIfComplete({ hash, content, acceptances }: FiledAgreement): Promise<void> {
    if (this.#directory.agreement(hash) !== undefined) return
    const parties = content.parties.map((party) => party.member)
    const signed = parties.map((member) => acceptances[member])
    if (signed.includes(undefined)) return
    await this.#publisher.publishOwn('agreement_effective', {
      agreement: hash,
      parties,
      validFrom: content.validFrom,
      validUntil: content.validUntil,
      acceptances: signed.map(String),
    })
  }

  async #enqueue(act: () => Promise<void>): Promise<void> {
    const run = this.#tail.then(act)
    this.#tail = run.catch(() => undefined)
    await run
  }
}

// Refused now, it waits for an acceptance with an active key.
function ignoreRefusal(cause: unknown): void {
  if (!isWuslaError(cause) || cause.code !== 'change_refused') throw cause
}
