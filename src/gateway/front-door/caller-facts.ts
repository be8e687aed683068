import { hash } from 'node:crypto'
import type { BlockList, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/**
 * What a connection says about the program behind it. Only facts that the program cannot make up: the address the
 * packets come from, and the certificate whose key it used in the TLS handshake.
 */
export class CallerFacts {
  /** Text form; an IPv4 address also when the listener is IPv6. */
  readonly address: string
  readonly #family: 'ipv4' | 'ipv6'
  readonly #socket: Socket
  #certificate: string | null | undefined
  /** Address rules already judged: a connection keeps its address for life. */
  readonly #judged = new WeakMap<BlockList, boolean>()

  constructor(socket: Socket) {
    const address = socket.remoteAddress ?? ''
    const mapped = address.startsWith('::ffff:') && address.includes('.')
    this.address = mapped ? address.slice('::ffff:'.length) : address
    this.#family = this.address.includes(':') ? 'ipv6' : 'ipv4'
    this.#socket = socket
  }

  /** Whether the address lies in one of these networks. */
  isWithin(networks: BlockList): boolean {
    const known = this.#judged.get(networks)
    if (known !== undefined) return known
    const within = this.address !== '' && networks.check(this.address, this.#family)
    this.#judged.set(networks, within)
    return within
  }

  /**
   * SHA-256 of the certificate of the other end, hexadecimal. The handshake has proved that it holds the key; who
   * signed the certificate is of no interest, because rules name certificates one by one.
   */
  certificateSha256(): string | undefined {
    if (this.#certificate === undefined) {
      const shown = this.#socket instanceof TLSSocket ? this.#socket.getPeerX509Certificate() : undefined
      this.#certificate = shown === undefined ? null : hash('sha256', shown.raw, 'hex')
    }
    return this.#certificate ?? undefined
  }
}
