import type { Socket } from 'node:net'

const CRLF = Buffer.from('\r\n')

/** The end of a chunked body. Never written for a body that broke off: it would make a part look whole. */
export const LAST_CHUNK = '0\r\n\r\n'

/** Writes bytes of a body, in the chunked coding or as they are. Returns whether more may be written at once. */
export function writeRun(socket: Socket, run: Uint8Array, isChunked: boolean): boolean {
  if (!isChunked) return socket.write(run)
  socket.cork()
  socket.write(`${run.length.toString(16)}\r\n`, 'latin1')
  socket.write(run)
  const goesOn = socket.write(CRLF)
  socket.uncork()
  return goesOn
}

/** Up to this many bytes, head and body leave as one byte string: cheaper than a second write or a new buffer. */
const ONE_PIECE_BYTES = 16_384

/** Writes head and body together. */
export function writeWhole(socket: Socket, head: string, body: Buffer | null): void {
  if (body === null || body.length === 0) {
    socket.write(head, 'latin1')
  } else if (body.length <= ONE_PIECE_BYTES) {
    socket.write(head + body.toString('latin1'), 'latin1')
  } else {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
  }
}
