import { assertMaySign } from '../../identity/assurance.ts'
import type { Person } from '../../identity/person.ts'
import type { SigningOutcome, SigningProcess } from '../../identity/document-signing.ts'
import { formatTime } from '../../protocol/clock.ts'
import { digest256 } from '../../protocol/digest.ts'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { readOwnAgreement } from '../own-agreement.ts'
import { completeAgreement } from './complete-agreement.ts'
import { HeldRevisions } from './held-revisions.ts'
import { OpenSignings } from './open-signings.ts'
import { prepareAgreement, type PreparedAgreement } from './prepare-agreement.ts'
import { releaseLease } from './release-lease.ts'
import { isOver, type Signing, type SigningView, viewOf } from './signing.ts'
import type { SigningDeps, SigningIdentity } from './signing-ports.ts'
import { needPolicy } from './verify-revision.ts'

/** Where the provider sends the browser after the signature, below the public address. */
const DONE = '/sign/done'

/** A person has this long at the provider; the lease of the registry is five minutes longer. Milliseconds. */
const PATIENCE_MS = 15 * 60_000

/** A signing that waits for a browser. */
export interface BegunSigning {
  readonly signing: string
  /** To open in the official's browser, once. */
  readonly address: string
  readonly expiresAt: string
}

/**
 * Where officials of this member sign agreements with the national identity. What waits is in memory; what was signed is at the
 * registry. Whatever fails, the lease of an agreement that was not signed is given back.
 */
export class SigningDesk {
  readonly #deps: SigningDeps
  readonly #open: OpenSignings
  readonly #held: HeldRevisions
  readonly #running = new Set<Promise<void>>()

  constructor(deps: SigningDeps) {
    this.#deps = deps
    this.#open = new OpenSignings(deps.clock)
    this.#held = new HeldRevisions(deps.clock)
  }

  /**
   * Begins the signing of agreements by one official. Each is looked at and typeset now, so that what can be told without the person is told
   * to whoever begins; the leases are taken when the person has logged in.
   *
   * @param agreements - 1 to 20 different hashes
   * @throws WuslaError `identity_not_connected`, `signing_policy_missing`, `too_many_requests`, `already_signed`, `invalid_agreement`, `forbidden`,
   *   `terms_not_enforced`, `document_not_typeset`, of the registry
   */
  async begin(agreements: readonly string[], language?: 'ar' | 'en'): Promise<BegunSigning> {
    const identity = this.#identity()
    const { registry, member, typeset } = this.#deps
    needPolicy(this.#deps)
    const contents = new Map<string, Awaited<ReturnType<typeof readOwnAgreement>>>()
    for (const agreement of agreements) {
      const { content: shown, signed } = await registry.readAgreement(agreement)
      const content = readOwnAgreement(shown, agreement, member)
      if (signed[member] !== undefined)
        throw new WuslaError('already_signed', { details: { agreement, member } })
      await typeset(content)
      contents.set(agreement, content)
    }
    const { signing, ticket } = this.#open.add([...contents.keys()], language ?? identity.language)
    for (const [agreement, { title }] of contents) signing.titles.set(agreement, title)
    this.#deps.onEvent({ kind: 'signing_begun', signing: signing.id, agreements: contents.size })
    return {
      signing: signing.id,
      address: `${identity.publicUrl}/sign/${ticket}`,
      expiresAt: formatTime(signing.expiresAtMs),
    }
  }

  /** @throws WuslaError `not_found`: also after a restart */
  view(id: string): SigningView {
    return viewOf(this.#open.get(id))
  }

  /** Ends a signing that is not over. @throws WuslaError `not_found` */
  cancel(id: string): SigningView {
    const signing = this.#open.get(id)
    if (!isOver(signing)) {
      const error = new WuslaError('signing_cancelled')
      signing.stop.abort(error)
      // With a process at the provider the one who waits for it ends the signing, and gives the leases back.
      if (signing.status === 'waiting_for_login') this.#fail(signing, error)
    }
    return viewOf(signing)
  }

  /**
   * A browser brings a ticket: it is used up, and the login begins.
   *
   * @returns where the browser goes, and the cookie that ties it to this signing; undefined for a ticket that is not good
   */
  async open(ticket: string): Promise<{ readonly address: string; readonly cookie: string } | undefined> {
    const { login } = this.#identity()
    const signing = this.#open.take(ticket)
    if (signing === undefined) return undefined
    try {
      const { address, binding } = await login.begin({ language: signing.language })
      const cookie = binding.reveal()
      signing.browser = digest256(cookie)
      return { address, cookie }
    } catch (error) {
      this.#fail(signing, toWuslaError(error, 'internal_error'))
      throw error
    }
  }

  /**
   * A browser comes back from the login. The agreements are made ready and sent to the provider.
   *
   * @returns where the browser goes to sign; undefined when there is nothing to sign for it: see {@link ofBrowser}
   * @throws WuslaError `identity_attempt_unknown` when the answer is not one to this browser's login, which still waits
   */
  async loggedIn(parameters: URLSearchParams, cookie: string | undefined): Promise<string | undefined> {
    const { login } = this.#identity()
    const signing = this.ofBrowser(cookie)
    // A second answer for one login, or one that comes late, must not touch what is under way.
    if (signing?.status !== 'waiting_for_login') return undefined
    try {
      const person = await login.finish({ parameters, binding: cookie })
      return await this.#sign(signing, person)
    } catch (error) {
      const failure = toWuslaError(error, 'internal_error')
      // Whoever lures the browser to this address with an invented answer must not end the signing by it.
      if (failure.code === 'identity_attempt_unknown') throw failure
      this.#fail(signing, failure)
      return undefined
    }
  }

  /**
   * A browser comes back from the signature. That proves nothing: it only makes the provider's server be asked sooner.
   *
   * @returns the browser's signing
   */
  cameBack(parameters: URLSearchParams, cookie: string | undefined): Signing | undefined {
    const signing = this.ofBrowser(cookie)
    const isOwn = signing?.process !== undefined && parameters.get('signer_process_id') === signing.process
    if (isOwn && signing.status === 'waiting_for_signature')
      this.#identity().documentSigning.noteCallback(parameters)
    return signing
  }

  /** The signing that was begun in this browser, and whatever became of it. */
  ofBrowser(cookie: string | undefined): Signing | undefined {
    return cookie === undefined ? undefined : this.#open.ofBrowser(cookie)
  }

  /** Agreements that wait here for this member's second official. */
  waitingForSecond(): readonly string[] {
    return this.#held.list().map(({ agreement }) => agreement)
  }

  /** Ends what is under way and gives the leases back. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const signing of this.#open.list()) signing.stop.abort(new WuslaError('signing_cancelled'))
    await Promise.all(this.#running)
    for (const { agreement } of this.#held.list()) {
      this.#held.forget(agreement)
      await this.#release(agreement)
    }
  }

  async #sign(signing: Signing, person: Person): Promise<string | undefined> {
    const { level } = needPolicy(this.#deps)
    assertMaySign(person, level)
    const { documentSigning, publicUrl } = this.#identity()
    const prepared = await this.#prepare(signing, person)
    if (prepared.length === 0) return undefined
    try {
      if (isOver(signing)) throw signing.error ?? new WuslaError('signing_timed_out')
      const process = await documentSigning.begin({
        person,
        required: level,
        documents: prepared.map(({ document }) => document),
        callback: publicUrl + DONE,
        language: signing.language,
      })
      signing.process = process.id
      signing.status = 'waiting_for_signature'
      this.#run(signing, process, prepared)
      return process.address
    } catch (error) {
      await this.#releaseAll(prepared)
      throw error
    }
  }

  /** One agreement that cannot be signed keeps nobody from signing the others; if none can, the signing has failed. */
  async #prepare(signing: Signing, person: Person): Promise<readonly PreparedAgreement[]> {
    const { identityNumber } = person
    if (identityNumber === undefined) throw new WuslaError('identity_number_missing')
    const prepared: PreparedAgreement[] = []
    for (const agreement of signing.agreements) {
      try {
        prepared.push(await prepareAgreement(this.#deps, this.#held, agreement, identityNumber))
      } catch (error) {
        signing.failures.set(agreement, toWuslaError(error, 'internal_error'))
      }
    }
    if (prepared.length === 0) this.#end(signing)
    return prepared
  }

  #run(signing: Signing, process: SigningProcess, prepared: readonly PreparedAgreement[]): void {
    const run = this.#finish(signing, process, prepared)
      .catch((error: unknown) => this.#fail(signing, toWuslaError(error, 'internal_error')))
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async #finish(
    signing: Signing,
    begun: SigningProcess,
    prepared: readonly PreparedAgreement[],
  ): Promise<void> {
    await using process = begun
    const { signal } = signing.stop
    let outcome: SigningOutcome
    try {
      outcome = await process.outcome({ patienceMs: PATIENCE_MS, signal })
    } catch (error) {
      await this.#releaseAll(prepared)
      throw error
    }
    for (const each of prepared) await this.#take(signing, each, outcome, signal)
    this.#end(signing, outcome)
  }

  async #take(
    signing: Signing,
    prepared: PreparedAgreement,
    outcome: SigningOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    const { agreement } = prepared
    try {
      const pdf = outcome.signed.find(({ name }) => name === agreement)?.pdf
      if (pdf === undefined)
        throw outcome.outcome === 'refused' ? outcome.failure : new WuslaError('signing_incomplete')
      const done = await completeAgreement(this.#deps, this.#held, prepared, pdf, signal)
      if (done === 'held') signing.waitingForSecond.push(agreement)
      else {
        signing.signed.push(agreement)
        this.#deps.onEvent({ kind: 'agreement_signed', signing: signing.id, agreement })
      }
    } catch (error) {
      signing.failures.set(agreement, toWuslaError(error, 'internal_error'))
      await this.#release(agreement)
    }
  }

  #end(signing: Signing, outcome?: SigningOutcome): void {
    const isSigned = signing.signed.length + signing.waitingForSecond.length > 0
    if (isSigned) this.#open.end(signing, 'finished')
    else {
      const [first] = signing.failures.values()
      const failure = outcome?.outcome === 'refused' ? outcome.failure : first
      this.#fail(signing, failure ?? new WuslaError('signing_failed'))
    }
  }

  #fail(signing: Signing, error: WuslaError): void {
    if (isOver(signing)) return
    this.#open.end(signing, 'failed', error)
    const { code } = error
    this.#deps.onEvent({ kind: 'signing_not_done', signing: signing.id, code })
    if (code === 'internal_error') this.#deps.onEvent({ kind: 'unexpected_error', detail: detailOf(error) })
  }

  async #releaseAll(prepared: readonly PreparedAgreement[]): Promise<void> {
    for (const { agreement } of prepared) await this.#release(agreement)
  }

  async #release(agreement: string): Promise<void> {
    await releaseLease(this.#deps, this.#held, agreement)
  }

  #identity(): SigningIdentity {
    const { identity } = this.#deps
    if (identity === undefined) throw new WuslaError('identity_not_connected')
    return identity
  }
}

function detailOf({ cause, message }: WuslaError): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : message
}
