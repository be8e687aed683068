import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const MASK = '[hidden]'

/**
 * A text that must not reach a log, an error, a file or a page by accident: an identity number, a token, a secret. It
 * prints, serialises and inspects as `[hidden]`; whoever needs the text says so with {@link HiddenText.reveal}.
 */
export class HiddenText {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. Never put the result into an error, an event or a store. */
  reveal(): string {
    return this.#text
  }

  /** Whether the texts are equal, in a time that does not depend on where they differ. */
  equals(other: string): boolean {
    return timingSafeEqual(digestOf(this.#text), digestOf(other))
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
