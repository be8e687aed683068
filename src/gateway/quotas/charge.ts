import { WuslaError } from '../../protocol/wusla-error.ts'

/** A body that comes whole, or as it flows. */
type Body = Buffer | AsyncIterable<Uint8Array> | null

interface ChargeParts {
  /** Bytes that were counted when the call was admitted. */
  readonly counted: number
  readonly countsBytes: boolean
  /** Counts bytes, or gives false when they do not fit any more. */
  readonly take: (bytes: number) => Promise<boolean>
  /** The refusal that says so. */
  readonly exceeded: () => Promise<WuslaError>
  readonly giveBack: () => void
}

/** What an admitted call costs: it was counted when it was admitted, and its bodies are as they flow. */
export class Charge {
  readonly #parts: ChargeParts

  constructor(parts: ChargeParts) {
    this.#parts = parts
  }

  /**
   * The body of the request. A whole one is counted already. One that flows ends with `limit_exceeded` where it would
   * pass the quota, so that what is behind it never looks complete.
   */
  requestBody<B extends Body>(body: B): B | AsyncIterable<Uint8Array> {
    if (!this.#parts.countsBytes || body === null || Buffer.isBuffer(body)) return body
    return this.#counted(body, async () => await this.#parts.exceeded())
  }

  /**
   * The body of the answer. One that flows is cut where it would pass the quota.
   *
   * @throws WuslaError `delivery_interrupted` for a whole one that would: the service has done its work, so nobody is told
   * that nothing happened
   */
  async answerBody<B extends Body>(body: B): Promise<B | AsyncIterable<Uint8Array>> {
    if (!this.#parts.countsBytes || body === null) return body
    const interrupted = async (): Promise<WuslaError> => {
      const { message, details } = await this.#parts.exceeded()
      const { reason, client, service } = details
      return new WuslaError('delivery_interrupted', { message, details: { reason, client, service } })
    }
    if (!Buffer.isBuffer(body)) return this.#counted(body, interrupted)
    if (body.length > 0 && !(await this.#parts.take(body.length))) throw await interrupted()
    return body
  }

  /** Nothing of it was sent, or the provider's limits refused it: it costs nothing. To be called once. */
  giveBack(): void {
    this.#parts.giveBack()
  }

  async *#counted(
    body: AsyncIterable<Uint8Array>,
    exceeded: () => Promise<WuslaError>,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      if (!(await this.#parts.take(piece.length))) throw await exceeded()
      yield piece
    }
  }
}
