import type { Socket } from 'node:net'
import type { AnswerFraming } from './answer-head.ts'
import type { CallAnswer, IncomingCall } from './incoming-call.ts'
import { LAST_CHUNK, writeRun, writeWhole } from './write-message.ts'

/** Writes the answers of one connection, no faster than its client takes them. */
export class AnswerSender {
  readonly #socket: Socket
  readonly #stallTimeoutMs: number
  #onDrained: (() => void) | undefined

  constructor(socket: Socket, stallTimeoutMs: number) {
    this.#socket = socket
    this.#stallTimeoutMs = stallTimeoutMs
  }

  /**
   * Writes an answer.
   *
   * @param out - told once: `true` when the operating system has the last byte; `false` when the body broke off or the
   *   client is gone, also if the body never says another word. The connection must then be cut, so that half an answer
   *   never looks whole
   */
  send(
    call: IncomingCall,
    answer: CallAnswer,
    framing: AnswerFraming,
    head: string,
    out: (isWhole: boolean) => void,
  ): void {
    const { body } = answer
    if (framing.kind === 'none') {
      discardBody(answer)
      writeWhole(this.#socket, head, null)
      this.#flush(out)
    } else if (body === null || Buffer.isBuffer(body)) {
      writeWhole(this.#socket, head, body)
      this.#flush(out)
    } else {
      this.#socket.write(head, 'latin1')
      this.#stream(call, body[Symbol.asyncIterator](), framing, out)
    }
  }

  /** The client has taken what was written, or is gone. */
  wake(): void {
    if (this.#onDrained === undefined) return
    const wake = this.#onDrained
    this.#onDrained = undefined
    this.#socket.setTimeout(0)
    wake()
  }

  #stream(
    call: IncomingCall,
    iterator: AsyncIterator<Uint8Array>,
    framing: AnswerFraming,
    out: (isWhole: boolean) => void,
  ): void {
    let isOver = false
    const end = (isWhole: boolean): void => {
      if (isOver) return
      isOver = true
      out(isWhole)
    }
    call.onHangUp(() => {
      letGo(iterator)
      end(false)
    })
    void this.#copy(iterator, framing).then((isWhole) => {
      if (isWhole) this.#flush(end)
      else end(false)
    })
  }

  /** Copies a body. Returns whether all of it was written, in the declared length. */
  async #copy(iterator: AsyncIterator<Uint8Array>, framing: AnswerFraming): Promise<boolean> {
    const socket = this.#socket
    const isChunked = framing.kind === 'chunked'
    const declared = framing.length ?? Number.POSITIVE_INFINITY
    let sent = 0
    try {
      for (;;) {
        const result = await iterator.next()
        if (socket.destroyed) return false
        if (result.done === true) break
        sent += result.value.length
        if (sent > declared) {
          letGo(iterator)
          return false
        }
        if (result.value.length > 0 && !writeRun(socket, result.value, isChunked)) await this.#drained()
      }
    } catch {
      // The body failed: whoever made it knows why, and the client sees a cut connection.
      return false
    }
    if (framing.length !== undefined && sent !== declared) return false
    if (isChunked) socket.write(LAST_CHUNK, 'latin1')
    return true
  }

  /** The runtime's own timer watches the client meanwhile: it knows of every byte that is taken. */
  #drained(): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writableNeedDrain) return Promise.resolve()
    this.#socket.setTimeout(this.#stallTimeoutMs)
    return new Promise((resolve) => {
      this.#onDrained = resolve
    })
  }

  #flush(out: (isWhole: boolean) => void): void {
    if (this.#socket.writableLength === 0) return out(true)
    this.#socket.setTimeout(this.#stallTimeoutMs)
    this.#socket.write('', (error) => {
      this.#socket.setTimeout(0)
      out(error === undefined || error === null)
    })
  }
}

/** Tells a body that nobody reads on. */
function letGo(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().catch(() => undefined)
}

/** Lets a body go that nobody has begun to read. */
export function discardBody({ body }: Pick<CallAnswer, 'body'>): void {
  if (body !== null && !Buffer.isBuffer(body)) letGo(body[Symbol.asyncIterator]())
}
