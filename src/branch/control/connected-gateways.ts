import type { ControlMessage } from '../../transport/branch-control.ts'
import type { LinkChannel } from '../../transport/link-channel.ts'

/** A gateway with a control connection to this branch. */
export interface ConnectedGateway {
  readonly id: string
  readonly tlsKeyId: string
  readonly channel: LinkChannel
  readonly address: string
  /** Milliseconds since 1970. */
  readonly since: number
  /** Fires when the connection is over or a newer one took its place. */
  readonly gone: AbortSignal
}

interface Entry {
  readonly gateway: ConnectedGateway
  readonly leave: AbortController
}

/** The gateways that are connected now, one connection each: the newest, since it is the one that lives. */
export class ConnectedGateways {
  readonly #entries = new Map<string, Entry>()
  readonly #onChange: () => void

  /** @param onChange - called when a gateway came that was not there, or one left */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get size(): number {
    return this.#entries.size
  }

  get(id: string): ConnectedGateway | undefined {
    return this.#entries.get(id)?.gateway
  }

  ids(): string[] {
    return [...this.#entries.keys()]
  }

  list(): ConnectedGateway[] {
    return [...this.#entries.values()].map(({ gateway }) => gateway)
  }

  /** Says the same to all of them. */
  tell(message: ControlMessage): void {
    for (const { gateway } of this.#entries.values()) gateway.channel.send(message)
  }

  /** Takes a gateway in; an older connection of the same one is told and closed. Says whether there was one. */
  add(arriving: Omit<ConnectedGateway, 'gone'>): {
    readonly gateway: ConnectedGateway
    readonly replaced: boolean
  } {
    const older = this.#entries.get(arriving.id)
    const leave = new AbortController()
    const gateway = { ...arriving, gone: leave.signal }
    this.#entries.set(arriving.id, { gateway, leave })
    if (older === undefined) this.#onChange()
    else {
      older.leave.abort()
      older.gateway.channel.close('replaced')
    }
    return { gateway, replaced: older !== undefined }
  }

  /** Notes that a connection is over; without effect when a newer one took its place. Says whether it counted. */
  remove(gateway: ConnectedGateway): boolean {
    const entry = this.#entries.get(gateway.id)
    if (entry === undefined || entry.gateway !== gateway) return false
    this.#entries.delete(gateway.id)
    entry.leave.abort()
    this.#onChange()
    return true
  }
}
