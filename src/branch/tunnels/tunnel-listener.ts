import { createServer, type Server, type Socket } from 'node:net'
import { PREAMBLE_BYTES, readPreamble } from '../../transport/tunnel-preamble.ts'
import type { ReadBuffers } from './read-buffers.ts'
import { acceptEnd, type TunnelEnd } from './tunnel-end.ts'
import type { Tickets } from './tickets.ts'

/** Why a tunnel connection was closed before it became a tunnel. */
export type PreambleRefusal =
  'too_slow' | 'not_a_preamble' | 'ticket_invalid' | 'closed_early' | 'crowded_out'

interface TunnelListenerOptions {
  readonly tickets: Tickets
  readonly buffers: ReadBuffers
  /** For the whole preamble, in milliseconds. */
  readonly preambleMs: number
  /** Most connections in all that have not shown a ticket yet. */
  readonly maxHalfOpen: number
  /** The same for one remote address. */
  readonly maxHalfOpenPerAddress: number
  readonly onRefused: (reason: PreambleRefusal, address: string) => void
}

/** One connection before its ticket. */
interface HalfOpen {
  readonly end: TunnelEnd
  readonly address: string
  readonly timer: NodeJS.Timeout
  head: Buffer
}

/**
 * Takes connections on the tunnel port and matches them to tickets. A stranger can hold a socket, 2 KiB and a timer
 * for `preambleMs`, no more: when there are too many of them, the one that has waited longest goes, for whoever has a
 * ticket shows it with the first packet.
 */
export class TunnelListener {
  readonly server: Server
  readonly #options: TunnelListenerOptions
  readonly #halfOpen = new Set<HalfOpen>()
  readonly #perAddress = new Map<string, number>()

  constructor(options: TunnelListenerOptions) {
    this.#options = options
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#onConnection(socket),
    )
  }

  /** Connections that have not shown a ticket yet. */
  get halfOpen(): number {
    return this.#halfOpen.size
  }

  /** Stops listening and drops whoever has not shown a ticket. Tunnels stay. */
  close(): void {
    this.server.close()
    for (const half of this.#halfOpen) this.#refuse(half, 'crowded_out')
  }

  #onConnection(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    if (address === '') {
      socket.destroy()
      return
    }
    this.#makeRoom(address)
    const half: HalfOpen = {
      end: acceptEnd(socket, this.#options.buffers),
      address,
      timer: setTimeout(() => this.#refuse(half, 'too_slow'), this.#options.preambleMs),
      head: Buffer.alloc(0),
    }
    this.#halfOpen.add(half)
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
    half.end.read({
      onChunk: (chunk) => this.#onChunk(half, chunk),
      onEnd: () => this.#refuse(half, 'closed_early'),
      onClose: () => this.#refuse(half, 'closed_early'),
    })
  }

  #makeRoom(address: string): void {
    const isFull = this.#halfOpen.size >= this.#options.maxHalfOpen
    const isAddressFull = (this.#perAddress.get(address) ?? 0) >= this.#options.maxHalfOpenPerAddress
    if (!isFull && !isAddressFull) return
    for (const half of this.#halfOpen) {
      if (isAddressFull && half.address !== address) continue
      return this.#refuse(half, 'crowded_out')
    }
  }

  /** Collects the preamble; the bytes after it belong to the tunnel and are kept aside, at most one read of them. */
  #onChunk(half: HalfOpen, chunk: Buffer): boolean {
    const bytes = Buffer.concat([half.head, chunk])
    if (bytes.length < PREAMBLE_BYTES) {
      half.head = bytes
      return true
    }
    const ticket = readPreamble(bytes.subarray(0, PREAMBLE_BYTES))
    if (ticket === undefined) {
      this.#refuse(half, 'not_a_preamble')
      return true
    }
    this.#forget(half)
    half.end.pause()
    const early = bytes.subarray(PREAMBLE_BYTES)
    if (!this.#options.tickets.redeem(ticket, { end: half.end, early })) {
      half.end.destroy()
      this.#options.onRefused('ticket_invalid', half.address)
    }
    return true
  }

  #refuse(half: HalfOpen, reason: PreambleRefusal): void {
    if (!this.#forget(half)) return
    half.end.pause()
    half.end.destroy()
    this.#options.onRefused(reason, half.address)
  }

  #forget(half: HalfOpen): boolean {
    if (!this.#halfOpen.delete(half)) return false
    clearTimeout(half.timer)
    const held = (this.#perAddress.get(half.address) ?? 1) - 1
    if (held === 0) this.#perAddress.delete(half.address)
    else this.#perAddress.set(half.address, held)
    return true
  }
}
