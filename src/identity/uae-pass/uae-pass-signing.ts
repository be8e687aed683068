import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { DocumentSigningPort, SigningProcess, SigningRequest } from '../document-signing.ts'
import type { UaePassSettings } from '../uae-pass-settings.ts'
import { checkSigningRequest } from './check-request.ts'
import { isProcessStatus } from './process-answer.ts'
import type { CreatedProcess } from './process-answer.ts'
import type { ProcessTerms } from './process-request.ts'
import { SigningService } from './signing-service.ts'
import type { UaePassParts } from './uae-pass-parts.ts'
import { UaePassProcess } from './uae-pass-process.ts'

/** Most signings that a callback can wake; the oldest gives way and is found by polling alone. */
const MAX_OPEN = 1_000
const MAX_DOCUMENTS = 20
const MAX_DOCUMENT_BYTES = 20_971_520

/** Document signing with UAE PASS, steps 1 to 7 of its signing guide. */
export class UaePassSigning implements DocumentSigningPort {
  readonly provider: string
  readonly #parts: UaePassParts
  readonly #signing: NonNullable<UaePassSettings['signing']>
  readonly #service: SigningService
  readonly #open = new Map<string, UaePassProcess>()

  constructor(parts: UaePassParts, signing: NonNullable<UaePassSettings['signing']>) {
    this.provider = parts.provider
    this.#parts = parts
    this.#signing = signing
    this.#service = new SigningService(parts, signing)
  }

  async begin(request: SigningRequest): Promise<SigningProcess> {
    const { maxDocuments = MAX_DOCUMENTS, maxDocumentBytes = MAX_DOCUMENT_BYTES } = this.#signing
    const bounds = { maxDocuments, maxDocumentBytes }
    await checkSigningRequest(this.provider, request, bounds, this.#parts.reader)
    const terms: ProcessTerms = { ...request, timestampProvider: this.#signing.timestampProvider }
    const created = await this.#start(terms, request.documents)
    const process = new UaePassProcess(this.#parts, this.#service, created, request, () =>
      this.#open.delete(created.id),
    )
    this.#remember(process)
    this.#parts.onEvent({
      type: 'signing_begun',
      provider: this.provider,
      process: created.id,
      documents: request.documents.length,
    })
    return process
  }

  noteCallback(parameters: URLSearchParams): void {
    const process = this.#open.get(parameters.get('signer_process_id') ?? '')
    const status = parameters.get('status')
    if (process === undefined || !isProcessStatus(status)) throw new WuslaError('identity_attempt_unknown')
    process.noteCallback(status)
  }

  async #start(terms: ProcessTerms, documents: SigningRequest['documents']): Promise<CreatedProcess> {
    const [only, ...more] = documents
    const created =
      only !== undefined && more.length === 0
        ? await this.#service.startSingle(terms, only)
        : await this.#startSeveral(terms, documents)
    if (new Set(created.documentIds).size === documents.length) return created
    await this.#deleteQuietly(created.id, () => this.#service.deleteProcess(created.id))
    throw new WuslaError('identity_provider_answer_invalid', {
      details: { step: 'process', part: 'documents' },
    })
  }

  async #startSeveral(terms: ProcessTerms, documents: SigningRequest['documents']): Promise<CreatedProcess> {
    const ids: string[] = []
    try {
      for (const document of documents) ids.push(await this.#service.sendDocument(document))
      const created = await this.#service.startSeveral(terms, ids)
      // Our order: which document is which must not depend on the order of the answer.
      const isSame = ids.every((id) => created.documentIds.includes(id))
      return { ...created, documentIds: isSame ? ids : [] }
    } catch (error) {
      // Without a process nothing else would ever delete what was sent.
      for (const id of ids) await this.#deleteQuietly(id, () => this.#service.deleteDocument(id))
      throw error
    }
  }

  async #deleteQuietly(id: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const { code } = toWuslaError(error, 'internal_error')
      this.#parts.onEvent({ type: 'signing_not_deleted', provider: this.provider, process: id, code })
    }
  }

  #remember(process: UaePassProcess): void {
    const [oldest] = this.#open.keys()
    if (oldest !== undefined && this.#open.size >= MAX_OPEN) this.#open.delete(oldest)
    this.#open.set(process.id, process)
  }
}
