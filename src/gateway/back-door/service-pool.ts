import { Client } from 'undici'
import type { Dispatcher } from 'undici'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { ServiceTarget } from './back-door-request.ts'
import type { BackendCall } from './backend-call.ts'
import type { ServiceAddress } from './service-address.ts'
import { serviceConnector } from './service-connector.ts'

/** How long an unused connection is kept unless the backend says otherwise, in milliseconds: under the 5 s many close after. */
const KEEP_ALIVE_MS = 4_000

/** Calls that may wait for a connection. */
const MAX_WAITING = 4_096

/**
 * The connections to one backend, each carrying one call at a time. The one used last is used first, so the others
 * may grow old and close.
 */
export class ServicePool {
  readonly #origin: string
  readonly #options: Client.Options
  readonly #maxConnections: number
  readonly #idle: Client[] = []
  readonly #all = new Set<Client>()
  readonly #waiting: { readonly options: Dispatcher.DispatchOptions; readonly call: BackendCall }[] = []
  /** Clients that were idle all the time since the last {@link trim}. */
  #unused = 0

  /** @throws WuslaError `config_invalid`, `file_unreadable` */
  constructor(target: ServiceTarget, address: ServiceAddress, maxConnections: number) {
    this.#origin = address.origin
    this.#maxConnections = maxConnections
    this.#options = {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: 65_536,
      connect: serviceConnector(target),
    }
  }

  /** Clients, connected or not. */
  get size(): number {
    return this.#all.size
  }

  /** Sends a call as soon as a connection is free. @throws WuslaError `too_many_requests` */
  run(options: Dispatcher.DispatchOptions, call: BackendCall): void {
    const client = this.#idle.pop() ?? this.#grow()
    if (client === undefined) {
      if (this.#waiting.length >= MAX_WAITING) throw new WuslaError('too_many_requests')
      this.#waiting.push({ options, call })
      return
    }
    this.#unused = Math.min(this.#unused, this.#idle.length)
    this.#start(client, options, call)
  }

  /** Closes what nobody needed since the last time. */
  trim(): void {
    for (const client of this.#idle.splice(0, this.#unused)) {
      this.#all.delete(client)
      void client.destroy()
    }
    this.#unused = this.#idle.length
  }

  /** Cuts every connection. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.destroy()))
  }

  #grow(): Client | undefined {
    if (this.#all.size >= this.#maxConnections) return undefined
    const client = new Client(this.#origin, this.#options)
    this.#all.add(client)
    return client
  }

  #start(client: Client, options: Dispatcher.DispatchOptions, call: BackendCall): void {
    call.onFreed = (): void => this.#release(client)
    client.dispatch(options, call)
  }

  #release(client: Client): void {
    let next = this.#waiting.shift()
    while (next?.call.isCancelled === true) next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(client)
    else this.#start(client, next.options, next.call)
  }
}
