import type { ServerResponse } from 'node:http'

/** Tells when the client is gone. */
export interface HangUpSource {
  readonly isGone: boolean
  onHangUp(listener: () => void): void
}

/**
 * Writes a streamed body no faster than the client takes it. A body that throws, or is longer or shorter than
 * declared, cuts the connection: half an answer never looks whole. A client that hangs up ends the body at once.
 */
export async function writeBody(
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
  declaredBytes: number | undefined,
  client: HangUpSource,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]()
  let wake: (() => void) | undefined
  response.on('drain', () => wake?.())
  client.onHangUp(() => {
    wake?.()
    iterator.return?.().catch(() => undefined)
  })
  // The head does not wait for a first byte that may take its time.
  response.flushHeaders()
  try {
    let sent = 0
    for (;;) {
      const result = await iterator.next()
      if (client.isGone) return
      if (result.done === true) break
      sent += result.value.length
      if (declaredBytes !== undefined && sent > declaredBytes) throw new RangeError('The body is too long')
      if (result.value.length === 0 || response.write(result.value)) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = undefined
      if (client.isGone) return
    }
    if (declaredBytes !== undefined && sent !== declaredBytes) throw new RangeError('The body is too short')
    response.end()
  } catch {
    iterator.return?.().catch(() => undefined)
    const { socket } = response
    if (socket === null || 'encrypted' in socket) response.destroy()
    else socket.resetAndDestroy()
  }
}
