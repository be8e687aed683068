import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { checkSignedDocument } from '../check-signed-document.ts'
import type {
  DocumentToSign,
  SignedDocument,
  SigningOutcome,
  SigningProcess,
  SigningRequest,
} from '../document-signing.ts'
import type { HiddenText } from '../hidden-text.ts'
import type { CreatedProcess, ProcessStatus } from './process-answer.ts'
import type { SigningService } from './signing-service.ts'
import type { UaePassParts } from './uae-pass-parts.ts'
import { waitForResult } from './wait-for-result.ts'
import { Wake } from './wake.ts'

const USUAL_PATIENCE_MS = 900_000
const MAX_PATIENCE_MS = 7_200_000

interface Pushed extends DocumentToSign {
  /** Identifier at the provider. */
  readonly id: string
}

/** One signing at UAE PASS, from the address for the person to the deletion. */
export class UaePassProcess implements SigningProcess {
  readonly id: string
  readonly address: string
  readonly #parts: UaePassParts
  readonly #service: SigningService
  readonly #documents: readonly Pushed[]
  readonly #identityNumber: HiddenText
  readonly #onClose: () => void
  readonly #wake = new Wake()
  #claimed: ProcessStatus | undefined
  #isDeleted = false

  constructor(
    parts: UaePassParts,
    service: SigningService,
    created: CreatedProcess,
    { documents, person }: SigningRequest,
    onClose: () => void,
  ) {
    if (person.identityNumber === undefined) throw new WuslaError('identity_number_missing')
    this.id = created.id
    this.address = created.address
    this.#parts = parts
    this.#service = service
    this.#documents = documents.map((document, at) => ({ ...document, id: created.documentIds[at] ?? '' }))
    this.#identityNumber = person.identityNumber
    this.#onClose = onClose
  }

  /** A browser claims that the process ended. It is only a reason to ask. */
  noteCallback(claimed: ProcessStatus): void {
    this.#claimed = claimed
    this.#wake.ring()
  }

  async outcome({
    patienceMs = USUAL_PATIENCE_MS,
    signal,
  }: Parameters<SigningProcess['outcome']>[0] = {}): Promise<SigningOutcome> {
    try {
      const status = await waitForResult({
        ask: (stop) => this.#service.result(this.id, stop),
        wake: this.#wake,
        clock: this.#parts.clock,
        pollMs: this.#parts.settings.pollMs ?? 2_000,
        patienceMs: Math.min(patienceMs, MAX_PATIENCE_MS),
        signal,
      })
      this.#compareClaim(status)
      return this.#told(await this.#outcomeOf(status))
    } catch (error) {
      const failure = toWuslaError(error, 'internal_error')
      if (failure.code === 'signing_timed_out' || failure.code === 'signing_process_gone') {
        return this.#told({ outcome: 'refused', failure, signed: [] })
      }
      this.#tell(failure.code)
      throw error
    }
  }

  async #outcomeOf(status: ProcessStatus): Promise<SigningOutcome> {
    if (status === 'canceled')
      return { outcome: 'refused', failure: new WuslaError('signing_cancelled'), signed: [] }
    if (status === 'failed')
      return { outcome: 'refused', failure: new WuslaError('signing_failed'), signed: [] }
    const results = await this.#service.documentResults(this.id)
    const finished = this.#documents.filter(
      ({ id }) => (results.get(id) ?? (status === 'finished' ? 'finished' : 'failed')) === 'finished',
    )
    const signed: SignedDocument[] = []
    for (const document of finished) signed.push(await this.#fetch(document))
    if (signed.length === this.#documents.length) return { outcome: 'signed', signed }
    const missing = this.#documents.filter((document) => !finished.includes(document)).map(({ name }) => name)
    const failure = new WuslaError('signing_incomplete', { details: { documents: missing } })
    return { outcome: 'refused', failure, signed }
  }

  async #fetch({ id, name, pdf: sent, field }: Pushed): Promise<SignedDocument> {
    const signed = await this.#service.content(id, sent.byteLength)
    const identityNumber = this.#identityNumber
    await checkSignedDocument({ sent, signed, fieldName: field.name, identityNumber }, this.#parts.reader)
    return { name, pdf: signed }
  }

  #compareClaim(status: ProcessStatus): void {
    if (this.#claimed === undefined || this.#claimed === status) return
    const { provider, onEvent } = this.#parts
    onEvent({ type: 'signing_callback_contradicted', provider, process: this.id })
  }

  #told(outcome: SigningOutcome): SigningOutcome {
    this.#tell(outcome.outcome === 'signed' ? undefined : outcome.failure.code)
    return outcome
  }

  #tell(code: WuslaError['code'] | undefined): void {
    const { provider, onEvent } = this.#parts
    onEvent({
      type: 'signing_ended',
      provider,
      process: this.id,
      ...(code === undefined ? {} : { code }),
    })
  }

  async close(): Promise<void> {
    if (this.#isDeleted) return
    this.#onClose()
    await this.#service.deleteProcess(this.id)
    this.#isDeleted = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close()
    } catch (error) {
      // The outcome of the block must not be lost behind it; the operator is told.
      const { code } = toWuslaError(error, 'internal_error')
      const { provider, onEvent } = this.#parts
      onEvent({ type: 'signing_not_deleted', provider, process: this.id, code })
    }
  }
}
