import { WuslaError } from '../../protocol/wusla-error.ts'
import type { DocumentToSign } from '../document-signing.ts'
import { askProvider, jsonObject, refusedRequest } from '../http/ask-provider.ts'
import type { ProviderAnswer } from '../http/ask-provider.ts'
import type { UaePassSettings } from '../uae-pass-settings.ts'
import { isPlainLocal } from '../web-address.ts'
import { createdProcess, documentId, documentStatuses, processStatus } from './process-answer.ts'
import type { CreatedProcess, DocumentStatus, ProcessStatus } from './process-answer.ts'
import { severalProcess, signerOf, singleProcess } from './process-request.ts'
import type { ProcessTerms } from './process-request.ts'
import { SigningToken } from './signing-token.ts'
import type { UaePassParts } from './uae-pass-parts.ts'

/** Longest answer that is no document, in bytes. */
const MAX_JSON_BYTES = 1_048_576
/** How much longer a document may come back than it was sent: signature, appearance and fonts. Bytes. */
const MAX_ADDED_BYTES = 8_388_608

/** The documented requests of the signing service, one method each. A 404 on a result means: not finished. */
export class SigningService {
  readonly #parts: UaePassParts
  readonly #signing: NonNullable<UaePassSettings['signing']>
  readonly #token: SigningToken

  constructor(parts: UaePassParts, signing: NonNullable<UaePassSettings['signing']>) {
    this.#parts = parts
    this.#signing = signing
    this.#token = new SigningToken(parts, signing)
  }

  /** Step 2 for one document: process and document in one request. */
  async startSingle(terms: ProcessTerms, document: DocumentToSign): Promise<CreatedProcess> {
    const form = new FormData()
    form.set('process', JSON.stringify(singleProcess(terms, document)))
    form.set('document', pdfPart(document), `${document.name}.pdf`)
    return this.#created(await this.#ask('process', this.#signing.processes, { method: 'POST', body: form }))
  }

  /** Step 2 for several, first half. @returns identifier of the document at the provider */
  async sendDocument(document: DocumentToSign): Promise<string> {
    const form = new FormData()
    form.set('signers', JSON.stringify([signerOf(document)]))
    form.set('document', pdfPart(document), `${document.name}.pdf`)
    const answer = await this.#ask('document', this.#signing.documents, { method: 'POST', body: form })
    if (!isMade(answer)) throw refusedRequest('document', answer.status)
    return documentId(jsonObject('document', answer.body))
  }

  /** Step 2 for several, second half: one process over documents that were sent. */
  async startSeveral(terms: ProcessTerms, ids: readonly string[]): Promise<CreatedProcess> {
    const documents = ids.map((id) => ({ id, url: this.#documentAddress(id) }))
    const answer = await this.#ask('process', this.#signing.processes, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(severalProcess(terms, documents)),
    })
    return this.#created(answer)
  }

  /** Step 4. @returns undefined while it is not finished */
  async result(id: string, signal?: AbortSignal): Promise<ProcessStatus | undefined> {
    const answer = await this.#ask('result', `${this.#signing.processes}/${id}/result`, { signal })
    if (answer.status === 404) return undefined
    this.#expectThere('result', answer)
    return processStatus(jsonObject('result', answer.body))
  }

  /** Step 4: how each document ended. */
  async documentResults(id: string): Promise<ReadonlyMap<string, DocumentStatus>> {
    const answer = await this.#ask('documents', `${this.#signing.processes}/${id}`, {})
    if (answer.status === 404) throw new WuslaError('signing_process_gone')
    this.#expectThere('documents', answer)
    return documentStatuses(jsonObject('documents', answer.body))
  }

  /** Step 5: the bytes of a document, signed. */
  async content(id: string, sentBytes: number): Promise<Uint8Array> {
    const answer = await this.#ask(
      'content',
      `${this.#documentAddress(id)}/content`,
      { headers: { accept: 'application/pdf' } },
      sentBytes + MAX_ADDED_BYTES,
    )
    if (answer.status === 404) throw new WuslaError('signing_process_gone')
    this.#expectThere('content', answer)
    return answer.body
  }

  /** Step 7: process and documents. What is gone already counts as deleted. */
  deleteProcess(id: string): Promise<void> {
    return this.#delete(`${this.#signing.processes}/${id}`)
  }

  /** A document that came into no process. */
  deleteDocument(id: string): Promise<void> {
    return this.#delete(this.#documentAddress(id))
  }

  async #delete(address: string): Promise<void> {
    const { status } = await this.#ask('delete', address, { method: 'DELETE' })
    if (status !== 204 && status !== 200 && status !== 404 && status !== 410)
      throw refusedRequest('delete', status)
  }

  #created(answer: ProviderAnswer): CreatedProcess {
    if (!isMade(answer)) throw refusedRequest('process', answer.status)
    const home = new URL(this.#signing.processes).origin
    return createdProcess(jsonObject('process', answer.body), (address) => {
      const { protocol, origin } = new URL(address)
      // A stand-in on this machine sends to itself; everybody else to https.
      return protocol === 'https:' || (origin === home && isPlainLocal(address))
    })
  }

  #expectThere(step: string, { status }: ProviderAnswer): void {
    if (status === 410) throw new WuslaError('signing_process_gone')
    if (status !== 200) throw refusedRequest(step, status)
  }

  #documentAddress(id: string): string {
    return `${this.#signing.documents}/${id}`
  }

  /** Asks with a token; when the service refuses the token, once more with a new one. */
  async #ask(
    step: string,
    url: string,
    init: Omit<RequestInit, 'signal'> & { readonly signal?: AbortSignal | undefined },
    maxBytes: number = MAX_JSON_BYTES,
  ): Promise<ProviderAnswer> {
    const first = await this.#askOnce(step, url, init, maxBytes)
    return first.status === 401 ? this.#askOnce(step, url, init, maxBytes) : first
  }

  async #askOnce(
    step: string,
    url: string,
    { signal, ...init }: Omit<RequestInit, 'signal'> & { readonly signal?: AbortSignal | undefined },
    maxBytes: number,
  ): Promise<ProviderAnswer> {
    const token = await this.#token.get()
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token.reveal()}`)
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const answer = await askProvider(this.#parts.line, {
      step,
      url,
      init: { ...init, headers },
      maxBytes,
      signal,
    })
    if (answer.status === 401) this.#token.drop(token)
    return answer
  }
}

function isMade({ status }: ProviderAnswer): boolean {
  return status === 201 || status === 200
}

function pdfPart({ pdf }: DocumentToSign): Blob {
  return new Blob([Uint8Array.from(pdf)], { type: 'application/pdf' })
}
