import { answerHead, headDigest } from '../protocol/head.ts'

/**
 * The digests of the heads of answers. Many answers in a row have the same head, within the second that `Date` names: comparing
 * it with the one before costs a twentieth of hashing it. One for each direction of a session.
 */
export class AnswerHeads {
  #status = 0
  #headerBlock = ''
  #digest = ''

  /** {@link headDigest} of the head of an answer. */
  digest(status: number, headerBlock: string): string {
    if (status !== this.#status || headerBlock !== this.#headerBlock) {
      this.#digest = headDigest(answerHead(status, headerBlock))
      this.#status = status
      this.#headerBlock = headerBlock
    }
    return this.#digest
  }
}
