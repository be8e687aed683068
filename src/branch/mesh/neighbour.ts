import type { ExtendMessage, OpenedMessage, RefusedMessage } from '../../transport/branch-control.ts'
import type { LinkChannel } from '../../transport/link-channel.ts'
import type { LinkDialer } from '../../transport/link-dialer.ts'

/** The connection in use to a neighbour. */
export interface NeighbourLink {
  readonly channel: LinkChannel
  readonly dialledHere: boolean
  /** `host:port` of the neighbour's tunnel port, by its own word. */
  readonly tunnelAddress: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** Another branch to which a line is registered, connected or not. */
export class Neighbour {
  readonly id: string
  dialer: LinkDialer | undefined
  isDraining = false
  /** When the connection was lost, or this neighbour was dialled first, in milliseconds since 1970. */
  downSinceMs: number
  #link: NeighbourLink | undefined
  #asked = 0
  readonly #pending = new Map<number, (answer: OpenedMessage | RefusedMessage | undefined) => void>()

  constructor(id: string, nowMs: number) {
    this.id = id
    this.downSinceMs = nowMs
  }

  /** The connection in use; `undefined` while the link is down. */
  get link(): NeighbourLink | undefined {
    return this.#link
  }

  /** Puts a connection in place; what was asked over the one before is answered with nothing. */
  connect(link: NeighbourLink): void {
    this.disconnect()
    this.#link = link
    this.isDraining = false
  }

  /** Forgets the connection, without closing it. */
  disconnect(): void {
    this.#link = undefined
    for (const settle of this.#pending.values()) settle(undefined)
  }

  /** Asks the neighbour to carry a tunnel on; `undefined` when it cannot be asked or does not answer in time. */
  async ask(
    extend: Omit<ExtendMessage, 't' | 'n'>,
    patienceMs: number,
  ): Promise<OpenedMessage | RefusedMessage | undefined> {
    if (this.#link === undefined) return undefined
    this.#asked += 1
    const n = this.#asked
    const { promise, resolve } = Promise.withResolvers<OpenedMessage | RefusedMessage | undefined>()
    const timer = setTimeout(() => resolve(undefined), patienceMs)
    this.#pending.set(n, resolve)
    this.#link.channel.send({ t: 'extend', n, ...extend })
    const answer = await promise
    clearTimeout(timer)
    this.#pending.delete(n)
    return answer
  }

  /** Takes the answer to what was asked; a late one finds nobody. */
  answer(message: OpenedMessage | RefusedMessage): void {
    this.#pending.get(message.n)?.(message)
  }
}
