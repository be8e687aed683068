import { Socket, type SocketConstructorOpts } from 'node:net'
import type { LinkAddress } from '../../transport/link-address.ts'
import { AdaptiveBuffer, type ReadBuffers } from './read-buffers.ts'

/** Who reads an end now. */
export interface EndReader {
  /**
   * Takes bytes. True: done with them, the memory is used again. False: keep the memory and read no more until
   * `resume`.
   */
  readonly onChunk: (chunk: Buffer) => boolean
  /** The other side sent its last byte. */
  readonly onEnd?: () => void
  /** Both directions are over; called once. */
  readonly onClose?: (hadError: boolean) => void
}

/** Detects a peer that vanished without a word, in milliseconds of silence on the line. */
const KEEP_ALIVE_MS = 15_000

/** Bytes that may be queued for writing before anything is said: above the largest read, so nothing ever is. */
const WRITE_MARK = 1_048_576

/**
 * One TCP connection of a tunnel, read into one buffer that is used again and again. Against streams that make a new
 * buffer for each read this takes a third off the processor time of a byte (`bench/relay-splice.ts`).
 */
export class TunnelEnd {
  readonly socket: Socket
  readonly #buffer: AdaptiveBuffer
  #reader: EndReader | undefined
  #hasEnded = false
  /** Size of the read whose memory the reader keeps. */
  #heldBytes = 0

  constructor(open: (read: ReadOptions) => Socket, buffers: ReadBuffers) {
    this.#buffer = new AdaptiveBuffer(buffers)
    this.socket = open({
      buffer: () => this.#buffer.current,
      callback: (bytes, buffer) => this.#onRead(bytes === buffer.length ? buffer : buffer.subarray(0, bytes)),
    })
    this.socket.on('error', () => undefined)
    this.socket.on('end', () => {
      this.#hasEnded = true
      this.#reader?.onEnd?.()
    })
    this.socket.once('close', (hadError) => {
      this.#buffer.close()
      this.#reader?.onClose?.(hadError)
    })
  }

  /** Hands the end to a reader and lets bytes come. */
  read(reader: EndReader): void {
    this.#reader = reader
    if (this.socket.destroyed) reader.onClose?.(this.socket.errored !== null)
    else if (this.#hasEnded) reader.onEnd?.()
    this.socket.resume()
  }

  /** Lets bytes come again after the reader said false, and takes the memory back that it kept. */
  resume(): void {
    if (this.#heldBytes > 0) this.#buffer.note(this.#heldBytes, false)
    this.#heldBytes = 0
    if (!this.socket.destroyed) this.socket.resume()
  }

  /** Takes the end away from its reader; nothing is read until the next one. */
  pause(): void {
    this.#reader = undefined
    this.socket.pause()
  }

  destroy(): void {
    this.socket.destroy()
  }

  #onRead(chunk: Buffer): boolean {
    const isDone = this.#reader?.onChunk(chunk) ?? false
    this.#buffer.note(chunk.length, !isDone)
    if (!isDone) this.#heldBytes = chunk.length
    return isDone
  }
}

interface ReadOptions {
  readonly buffer: () => Buffer
  readonly callback: (bytes: number, buffer: Buffer) => boolean
}

/**
 * Takes over a connection that a paused server (`pauseOnConnect`) accepted.
 *
 * NOTE: the public interface has no way to give an accepted connection its read buffer, so its handle moves into a
 * socket that has one. Where a runtime hides the handle, the connection is read in the ordinary way, only slower.
 */
export function acceptEnd(accepted: Socket, buffers: ReadBuffers): TunnelEnd {
  return new TunnelEnd((onread) => {
    const holder = accepted as unknown as { _handle?: object | null }
    const handle = holder._handle
    if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) {
      return readOrdinarily(accepted, onread)
    }
    holder._handle = null
    const options = { ...endOptions(onread), handle, manualStart: true }
    const socket = new Socket(options as unknown as SocketConstructorOpts)
    // The server counts its connections through the socket it made.
    socket.once('close', () => accepted.destroy())
    return prepare(socket)
  }, buffers)
}

/** Dials another branch's tunnel port. */
export function dialEnd(address: LinkAddress, buffers: ReadBuffers): TunnelEnd {
  return new TunnelEnd((onread) => {
    return prepare(new Socket(endOptions(onread))).connect(address.port, address.host)
  }, buffers)
}

function endOptions(read: ReadOptions): SocketConstructorOpts {
  const onread = { buffer: read.buffer, callback: read.callback }
  const options = { onread, allowHalfOpen: true, writableHighWaterMark: WRITE_MARK }
  return options
}

function readOrdinarily(socket: Socket, read: ReadOptions): Socket {
  socket.on('data', (chunk: Buffer) => {
    if (!read.callback(chunk.length, chunk)) socket.pause()
  })
  return prepare(socket.pause())
}

function prepare(socket: Socket): Socket {
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
}
