/** Small pieces are put together in rooms of this many bytes. */
const ROOM_BYTES = 4_096

/**
 * A queue of byte chunks whose memory is at most about twice its bytes. A piece that is a large part of the memory
 * it was read into is kept as it is; a small one is copied, because keeping a view of one byte would keep the whole
 * chunk of the socket, and a peer could use that to fill our memory with cheap credit.
 */
export class ChunkQueue {
  #chunks: Buffer[] = []
  #bytes = 0
  /** The room behind the last chunk, when that chunk is one of our own rooms. */
  #room: Buffer | undefined
  #used = 0

  get bytes(): number {
    return this.#bytes
  }

  push(piece: Buffer): void {
    this.#bytes += piece.length
    if (piece.length * 2 >= piece.buffer.byteLength) {
      this.#chunks.push(piece)
      this.#room = undefined
      return
    }
    let from = 0
    while (from < piece.length) {
      this.#room ??= this.#addRoom()
      const end = Math.min(piece.length, from + this.#room.length - this.#used)
      piece.copy(this.#room, this.#used, from, end)
      this.#used += end - from
      from = end
      this.#chunks[this.#chunks.length - 1] = this.#room.subarray(0, this.#used)
      if (this.#used === this.#room.length) this.#room = undefined
    }
  }

  /** The oldest chunk, or undefined. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    if (this.#chunks.length === 0) this.#room = undefined
    this.#bytes -= chunk.length
    return chunk
  }

  /** Moves everything behind the chunks of another queue. */
  moveTo(other: ChunkQueue): void {
    if (this.#chunks.length === 0) return
    for (const chunk of this.#chunks) other.push(chunk)
    this.clear()
  }

  clear(): void {
    this.#chunks = []
    this.#bytes = 0
    this.#room = undefined
  }

  #addRoom(): Buffer {
    this.#used = 0
    const room = Buffer.allocUnsafeSlow(ROOM_BYTES)
    this.#chunks.push(room)
    return room
  }
}
