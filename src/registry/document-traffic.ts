import { WuslaError } from '../protocol/wusla-error.ts'
import { MAX_DOCUMENT_BYTES } from './desk/desk-limits.ts'

/** The longest body with a document in base64, and room for the rest. Unit: bytes. */
export const MAX_DOCUMENT_BODY_BYTES: number = Math.ceil(MAX_DOCUMENT_BYTES / 3) * 4 + 65_536

/** Bytes of documents that are on their way at once. Each may be in memory several times over: as text, as JSON, as bytes. */
const MAX_AT_ONCE = 8 * MAX_DOCUMENT_BODY_BYTES

/** Of one caller: who sends slowly must not keep all others waiting. */
const MAX_OF_ONE = 2 * MAX_DOCUMENT_BODY_BYTES

/** What an exchange takes beside its document. Bounds how many small ones run at once. */
const LEAST = 65_536

/** Lets only so much of documents be on its way, up or down, so that their memory is bounded. */
export class DocumentTraffic {
  readonly #running = new Map<string, number>()
  #total = 0

  /**
   * Call what it returns when the request is over.
   *
   * @param bytes - length of the document or of the body; NaN when it is not known
   * @throws WuslaError `too_many_requests`
   */
  enter(caller: string, bytes: number): () => void {
    const weight =
      bytes >= 0 ? Math.min(Math.max(bytes, LEAST), MAX_DOCUMENT_BODY_BYTES) : MAX_DOCUMENT_BODY_BYTES
    const own = (this.#running.get(caller) ?? 0) + weight
    if (own > MAX_OF_ONE || this.#total + weight > MAX_AT_ONCE) {
      throw new WuslaError('too_many_requests', { message: 'Too many documents are on their way.' })
    }
    this.#total += weight
    this.#running.set(caller, own)
    return () => this.#leave(caller, weight)
  }

  #leave(caller: string, weight: number): void {
    this.#total -= weight
    const left = (this.#running.get(caller) ?? 0) - weight
    if (left > 0) this.#running.set(caller, left)
    else this.#running.delete(caller)
  }
}
