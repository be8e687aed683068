/** What became of one question. */
export type Answer =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly reason: FailedQuestion }

/** Why a question brought nothing. */
export type FailedQuestion =
  | 'not_an_address'
  | 'redirected'
  | 'refused'
  | 'timed_out'
  | 'too_large'
  | 'too_many_questions'
  | 'unreachable'
  | 'useless_answer'

/** Two signatures, their time-stamps and every authority above them ask for less than half of it. */
const MAX_QUESTIONS = 32
/** Of all answers together. What is kept of them has to fit into the document. Unit: bytes. */
const MAX_ANSWER_BYTES = 6_291_456
const MAX_ADDRESS_LENGTH = 1_024

/**
 * Asks the addresses that certificates name. Whoever makes a certificate chooses them, so they are only asked, never believed: http
 * and https alone, no redirection, and a bound on the number of questions, their time and the bytes of their answers, for one
 * document together.
 */
export class AuthorityLine {
  readonly #fetch: typeof globalThis.fetch
  readonly #questionMs: number
  readonly #end: AbortSignal
  readonly #silent = new Map<string, FailedQuestion>()
  #questions = 0
  #bytesLeft = MAX_ANSWER_BYTES

  /** @param timeoutMs - for all questions together; one of them gets a third of it */
  constructor(fetch: typeof globalThis.fetch, timeoutMs: number) {
    this.#fetch = fetch
    this.#questionMs = Math.ceil(timeoutMs / 3)
    this.#end = AbortSignal.timeout(timeoutMs)
  }

  /** @param body - what is posted; without it the address is read */
  async ask(
    address: string,
    maxBytes: number,
    body?: { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> },
  ): Promise<Answer> {
    if (!isAddress(address)) return failed('not_an_address')
    // Nobody waits twice for the same silence.
    const silence = this.#silent.get(address)
    if (silence !== undefined) return failed(silence)
    if (this.#questions >= MAX_QUESTIONS) return failed('too_many_questions')
    this.#questions += 1
    const signal = AbortSignal.any([this.#end, AbortSignal.timeout(this.#questionMs)])
    try {
      const answer = await this.#fetch(address, {
        ...(body === undefined
          ? {}
          : { method: 'POST', headers: { 'content-type': body.type }, body: body.bytes }),
        redirect: 'manual',
        signal,
      })
      if (answer.status === 200) return await this.#read(answer, Math.min(maxBytes, this.#bytesLeft))
      await answer.body?.cancel()
      return failed(answer.status >= 300 && answer.status < 400 ? 'redirected' : 'refused')
    } catch {
      // Whatever the connection died of, the next address is asked; the reason goes into the error if none is left.
      const reason = signal.aborted ? 'timed_out' : 'unreachable'
      this.#silent.set(address, reason)
      return failed(reason)
    }
  }

  async #read(answer: Response, maxBytes: number): Promise<Answer> {
    const pieces: Uint8Array[] = []
    let size = 0
    // Leaving the loop early ends the connection.
    for await (const piece of answer.body ?? []) {
      size += piece.byteLength
      if (size > maxBytes) return failed('too_large')
      pieces.push(piece)
    }
    this.#bytesLeft -= size
    return { ok: true, bytes: Uint8Array.from(Buffer.concat(pieces)) }
  }
}

function isAddress(text: string): boolean {
  if (text.length > MAX_ADDRESS_LENGTH || !URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}

function failed(reason: FailedQuestion): Answer {
  return { ok: false, reason }
}
