import type { Agreement } from '../agreements/agreement.ts'
import type { MandateSigner } from '../agreements/mandate-terms.ts'
import type { EventSink } from '../protocol/event.ts'
import { digest256 } from '../protocol/digest.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { FiledAgreement } from './signing/signing-ports.ts'
import { verifyRevision, type VerifyDeps } from './signing/verify-revision.ts'
import type { VerifiedDocuments } from './verified-documents.ts'

/** An agreement in the directory, as far as its document goes. */
export interface SignedRecord {
  readonly agreement: string
  readonly parties: readonly string[]
  readonly status: 'effective' | 'suspended' | 'revoked'
  /** Absent: accepted by seal, before any signing policy. */
  readonly document?: string
  readonly signedUnder?: readonly (readonly string[])[]
}

/** What verifying agreements is given. */
export interface VerifiedAgreementsDeps extends VerifyDeps {
  /** This member's agreements in the directory. */
  readonly records: () => readonly SignedRecord[]
  /** Index of the signing policy that stands; a new one is a reason to try again. */
  readonly policyIndex: () => number | undefined
  readonly contentOf: (agreement: string) => Agreement | undefined
  readonly registry: {
    readonly readAgreement: (agreement: string) => Promise<FiledAgreement>
    readonly readDocument: (agreement: string) => Promise<{ readonly document?: Uint8Array }>
  }
  readonly documents: VerifiedDocuments
  /** The access rules have to be made anew. */
  readonly onVerified: () => void
  readonly onEvent: EventSink<GatewayEvent>
}

/** Why an agreement does not count here. */
export interface VerificationFailure {
  /** A step of the verification, `fetch`, or `pending`. */
  readonly step: string
  /** Why it did not go on. */
  readonly failure: string
}

/** A document that this gateway verified before it took effect. */
interface NotedDocument {
  readonly pdf: Uint8Array
  readonly signers: readonly MandateSigner[]
  /** Index of the signing policy by which it was verified. */
  readonly policy: number | undefined
}

/** A document may have 8 MiB, and takes effect a moment after it was verified. */
const MAX_NOTED = 20

interface Attempt extends VerificationFailure {
  readonly document: string
  readonly policy: number | undefined
  /** The registry was away: it is tried again. */
  readonly isPassing: boolean
}

/** Pause after a registry that was away, doubled each time up to the second. Milliseconds. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

const PENDING: VerificationFailure = Object.freeze({ step: 'pending', failure: 'pending' })
const TEST_AUTHORITY: VerificationFailure = Object.freeze({ step: 'signer-path', failure: 'test_root' })

/**
 * Which signed agreements count at this gateway: those whose document it has fetched and verified itself. Neither the registry nor the other party is
 * believed. What was verified is kept, and verified once.
 */
export class VerifiedAgreements {
  readonly #deps: VerifiedAgreementsDeps
  readonly #attempts = new Map<string, Attempt>()
  /** By agreement, the oldest first. */
  readonly #noted = new Map<string, NotedDocument>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #pauseMs = FIRST_PAUSE_MS
  #alarmed: number | undefined

  constructor(deps: VerifiedAgreementsDeps) {
    this.#deps = deps
  }

  /** Why an agreement does not count; undefined: it does. */
  failureOf(record: SignedRecord): VerificationFailure | undefined {
    const { agreement, document } = record
    if (document === undefined) return undefined
    if (this.#isForTests()) return TEST_AUTHORITY
    if (this.#deps.documents.has(agreement, document)) return undefined
    const attempt = this.#attempts.get(agreement)
    return attempt?.document === document ? attempt : PENDING
  }

  /** Looks for agreements to verify. Call it when the directory or the contents have changed. */
  look(): void {
    this.#watchPolicy()
    if (this.#stop.signal.aborted || this.#wanted(false).length === 0) return
    if (this.#running === undefined) this.#start()
    else this.#again = true
  }

  /** A whole document that was verified here just now: if it takes effect under the same policy, it counts as it is. */
  note(agreement: string, pdf: Uint8Array, signers: readonly MandateSigner[]): void {
    this.#noted.delete(agreement)
    this.#noted.set(agreement, { pdf, signers, policy: this.#deps.policyIndex() })
    const [oldest] = this.#noted.keys()
    if (oldest !== undefined && this.#noted.size > MAX_NOTED) this.#noted.delete(oldest)
  }

  /** Resolves when nothing is being fetched or verified. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.settled()
  }

  #isForTests(): boolean {
    const { directory, testAuthorities } = this.#deps
    return !testAuthorities && directory.signingPolicy()?.testAuthorities === true
  }

  #watchPolicy(): void {
    const policy = this.#deps.policyIndex()
    if (!this.#isForTests() || this.#alarmed === policy) return
    this.#alarmed = policy
    this.#deps.onEvent({
      kind: 'alarm',
      alarm: 'test_authority',
      detail: 'The signing policy of the network believes a test authority, and this gateway does not.',
    })
  }

  /** @param isRetry - also those that failed because the registry was away */
  #wanted(isRetry: boolean): readonly SignedRecord[] {
    const { records, contentOf, documents, policyIndex } = this.#deps
    if (this.#isForTests()) return []
    return records().filter(({ agreement, document, status }) => {
      if (document === undefined || status === 'revoked' || documents.has(agreement, document)) return false
      if (contentOf(agreement) === undefined) return false
      const before = this.#attempts.get(agreement)
      if (before?.document !== document || before.policy !== policyIndex()) return true
      return before.isPassing && isRetry
    })
  }

  #start(isRetry = false): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running = this.#run(isRetry).finally(() => {
      this.#running = undefined
      const isAgain = this.#again
      this.#again = false
      if (isAgain) this.look()
      this.#pace()
    })
  }

  /** A registry that is away is asked again, more and more seldom. */
  #pace(): void {
    if (this.#running !== undefined || this.#timer !== undefined || this.#stop.signal.aborted) return
    if (this.#wanted(true).length === 0) {
      this.#pauseMs = FIRST_PAUSE_MS
      return
    }
    this.#timer = setTimeout(() => this.#start(true), this.#pauseMs)
    this.#timer.unref()
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
  }

  async #run(isRetry: boolean): Promise<void> {
    for (const record of this.#wanted(isRetry)) {
      if (this.#stop.signal.aborted) return
      await this.#verify(record)
    }
  }

  async #verify(record: SignedRecord): Promise<void> {
    const { agreement, document = '' } = record
    const { onEvent, onVerified, policyIndex } = this.#deps
    const policy = policyIndex()
    try {
      await this.#fetchAndVerify(record)
      this.#attempts.delete(agreement)
      onEvent({ kind: 'agreement_verified', agreement })
      onVerified()
    } catch (cause) {
      const error = toWuslaError(cause, 'internal_error')
      const { step, failure } = error.details
      const isPassing = error.code !== 'signed_document_refused'
      const found = isPassing
        ? { step: 'fetch', failure: error.code }
        : { step: String(step), failure: String(failure) }
      this.#attempts.set(agreement, { ...found, document, policy, isPassing })
      onVerified()
      onEvent({
        kind: 'agreement_not_verified',
        agreement,
        code: error.code,
        step: found.step,
        failure: found.failure,
      })
      if (!isPassing) {
        const detail = `${agreement}: ${found.step}, ${found.failure}`
        onEvent({ kind: 'alarm', alarm: 'agreement_not_verified', detail })
      }
      if (error.code === 'internal_error')
        onEvent({
          kind: 'unexpected_error',
          detail: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
        })
    }
  }

  async #fetchAndVerify(record: SignedRecord): Promise<void> {
    const { registry, documents, contentOf } = this.#deps
    const { agreement, document } = record
    if (await this.#takeNoted(record)) return
    const content = contentOf(agreement)
    if (content === undefined) throw new WuslaError('agreement_not_found', { details: { agreement } })
    const [{ signed }, { document: pdf }] = await Promise.all([
      registry.readAgreement(agreement),
      registry.readDocument(agreement),
    ])
    if (pdf === undefined || digest256(pdf) !== document) throw otherThanNamed('file', 'not_as_rendered')
    const signers = assertSigners(record, signed)
    await verifyRevision(this.#deps, { content, pdf, signers, partial: false })
    await documents.put(agreement, pdf, signers)
  }

  async #takeNoted({ agreement, document, signedUnder = [] }: SignedRecord): Promise<boolean> {
    const noted = this.#noted.get(agreement)
    this.#noted.delete(agreement)
    if (noted === undefined || digest256(noted.pdf) !== document) return false
    const used = noted.signers.map(({ mandate }) => mandate).toSorted()
    const isSame = used.join(' ') === signedUnder.flat().toSorted().join(' ')
    if (!isSame || noted.policy !== this.#deps.policyIndex()) return false
    await this.#deps.documents.put(agreement, noted.pdf, noted.signers)
    return true
  }
}

/** The mandates that the registry tells are those that both seals and the directory name. */
function assertSigners(
  { parties, signedUnder }: SignedRecord,
  signed: FiledAgreement['signed'],
): readonly MandateSigner[] {
  return parties.flatMap((party, at) => {
    const signers = signed[party]?.signers ?? []
    const told = signers.map(({ mandate }) => mandate).join(' ')
    if (told !== (signedUnder?.[at] ?? []).join(' ')) throw otherThanNamed('mandates', 'mandate_unknown')
    return signers
  })
}

function otherThanNamed(step: string, failure: string): WuslaError {
  return new WuslaError('signed_document_refused', {
    message: 'The registry gives something else than the directory names.',
    details: { step, failure },
  })
}
