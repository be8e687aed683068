import { isLoopbackHost } from '../../admin-api/api-server.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { XroadDialect } from '../../protocol/xroad-error.ts'
import { AnswerHeaders } from './answer-lines.ts'
import { BoundedCache } from './bounded-cache.ts'
import { ClientRegister } from './client-register.ts'
import type { ClientSystem } from './client-rules.ts'
import type { DoorSetting, Metaservices } from './door-setting.ts'
import type { FrontDoorEvent } from './front-door-event.ts'
import type { SendExchange } from './front-door-request.ts'
import { HttpListener } from './http-listener.ts'
import type { ServerCredentials } from './http-listener.ts'
import type { IncomingCall } from './incoming-call.ts'
import { Llhttp } from './llhttp.ts'
import { bindMappedPort } from './mapped-port.ts'
import type { MappedBinding, MappedPort } from './mapped-port.ts'
import { malformedBody } from './refusal.ts'
import { DEFAULT_SERVER_LIMITS } from './server-limits.ts'
import type { ServerLimits } from './server-limits.ts'
import { serveCall } from './serve-call.ts'

/** An address to listen on; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface FrontDoorOptions {
  /**
   * Plain HTTP. Absent: no such port. On other than loopback addresses a client has to show who it is: the rule `none`
   * lets nobody in.
   */
  readonly http?: ListenAddress
  /** HTTPS, with a client certificate where a client system's rules ask for one. Absent: no such port. */
  readonly https?: ListenAddress & ServerCredentials
  readonly clients: readonly ClientSystem[]
  readonly mappedPorts: readonly MappedPort[]
  /** Vocabulary of error codes. Default `7.8`. */
  readonly dialect?: XroadDialect
  readonly send: SendExchange
  readonly metaservices?: Metaservices
  /** What `GET /readyz` asks: whether calls should come here now. Default: yes. */
  readonly isReady?: () => boolean
  readonly limits?: Partial<ServerLimits>
  /** Makes the id under which a refusal without exchange is found. */
  readonly newId?: () => string
  readonly onEvent: EventSink<FrontDoorEvent>
}

/** What the door holds at this moment. All zero: nobody is inside. */
export interface FrontDoorLoad {
  readonly connections: number
  /** Calls whose answer is not complete. */
  readonly calls: number
  /** Bytes of request bodies that wait for the outbound side. */
  readonly waitingBytes: number
  /** Bytes of answers that wait for slow clients. */
  readonly unsentBytes: number
}

interface OpenPort {
  readonly name: string
  readonly listener: HttpListener
  /** What the port is bound to now; a call keeps what it began with. */
  readonly bound: { binding: MappedBinding }
}

/** What makes a mapped port the same one after a change: its address, or its binding if the system chose the port. */
function portName(port: MappedPort): string {
  const address = `${port.host ?? '127.0.0.1'} ${port.port}`
  return port.port === 0 ? `${address} ${port.client} ${port.service} ${port.basePath ?? ''}` : address
}

const MAX_REMEMBERED_SERVICES = 4_096

/** How long requests under way may take after `close`, in milliseconds. */
const GRACE_MS = 10_000

/** The ports at which information systems reach the network. */
export class FrontDoor {
  readonly #door: DoorSetting
  readonly #limits: ServerLimits
  readonly #gauge = { bytes: 0 }
  readonly #llhttp = new Llhttp()
  #http: HttpListener | undefined
  #https: HttpListener | undefined
  #mapped: OpenPort[] = []
  readonly #closing = new Set<Promise<void>>()

  private constructor(options: FrontDoorOptions) {
    this.#limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits }
    this.#door = {
      dialect: options.dialect ?? '7.8',
      send: options.send,
      metaservices: options.metaservices,
      isReady: options.isReady ?? (() => true),
      clients: new ClientRegister(options.clients),
      needsProof: false,
      services: new BoundedCache(MAX_REMEMBERED_SERVICES),
      answers: new AnswerHeaders(),
      maxCalls: this.#limits.maxCalls,
      counters: { calls: 0 },
      newId: options.newId ?? newExchangeId,
      onEvent: options.onEvent,
    }
  }

  /**
   * Opens all ports, or none.
   *
   * @throws WuslaError `config_invalid`, `invalid_identifier`; the error of the operating system if a port is taken
   */
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const door = new FrontDoor(options)
    try {
      const onCall = (call: IncomingCall): void => serveCall(door.#door, call, undefined)
      if (options.http !== undefined) door.#http = await door.#openPlain(options.http)
      if (options.https !== undefined) door.#https = await door.#listen(options.https, onCall, options.https)
      await door.setMappedPorts(options.mappedPorts)
    } catch (error) {
      await door.close(0)
      throw error
    }
    return door
  }

  /** Port of plain HTTP, if there is one. */
  get httpPort(): number | undefined {
    return this.#http?.port
  }

  /** Port of HTTPS, if there is one. */
  get httpsPort(): number | undefined {
    return this.#https?.port
  }

  /** The mapped ports in the order of the setting. */
  get mappedPorts(): readonly number[] {
    return this.#mapped.map(({ listener }) => listener.port)
  }

  get load(): FrontDoorLoad {
    const listeners = this.#listeners()
    return {
      connections: listeners.reduce((sum, listener) => sum + listener.connections, 0),
      calls: this.#door.counters.calls,
      waitingBytes: this.#gauge.bytes,
      unsentBytes: listeners.reduce((sum, listener) => sum + listener.unsentBytes, 0),
    }
  }

  /** Replaces all client systems, for calls that begin from now on. @throws WuslaError `config_invalid` */
  setClients(clients: readonly ClientSystem[]): void {
    this.#door.clients.replace(clients)
  }

  /** Shows new connections a new certificate. */
  setCredentials(credentials: ServerCredentials): void {
    this.#https?.setCredentials(credentials)
  }

  /**
   * Opens the ports that are new and closes those that are gone; ports that stay as they are, and calls on them, are
   * not touched. If a new port cannot be opened, nothing changes.
   *
   * @throws WuslaError `config_invalid`, `invalid_identifier`; the error of the operating system if a port is taken
   */
  async setMappedPorts(ports: readonly MappedPort[]): Promise<void> {
    const before = [...this.#mapped]
    const after: OpenPort[] = []
    const opened: OpenPort[] = []
    const rebound: { readonly open: OpenPort; readonly binding: MappedBinding }[] = []
    try {
      for (const port of ports) {
        const binding = bindMappedPort(port)
        const name = portName(port)
        const found = before.findIndex((open) => open.name === name)
        const [kept] = found === -1 ? [] : before.splice(found, 1)
        if (kept !== undefined) rebound.push({ open: kept, binding })
        const open = kept ?? (await this.#openMapped(port, name, binding))
        if (kept === undefined) opened.push(open)
        after.push(open)
      }
    } catch (error) {
      await Promise.all(opened.map(({ listener }) => listener.close(0)))
      throw error
    }
    for (const { open, binding } of rebound) open.bound.binding = binding
    this.#mapped = after
    for (const { listener } of before) this.#closeLater(listener)
  }

  /**
   * Takes its leave: `/readyz` says so, every answer ends its connection for `noticeMs` milliseconds or until nobody is
   * connected, then nobody new is let in; calls under way get `graceMs` milliseconds.
   */
  async leave(noticeMs: number, graceMs: number, atOnce: AbortSignal): Promise<void> {
    const leaving = this.#listeners().map(async (listener) => listener.leave(noticeMs, graceMs, atOnce))
    await Promise.all([...this.#closing, ...leaving])
  }

  /** Takes no new calls; those under way get `graceMs` milliseconds, then they are cut. */
  async close(graceMs: number = GRACE_MS): Promise<void> {
    await Promise.all([...this.#closing, ...this.#listeners().map((listener) => listener.close(graceMs))])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0)
  }

  #listeners(): HttpListener[] {
    const standing = [this.#http, this.#https].filter((listener) => listener !== undefined)
    return [...standing, ...this.#mapped.map(({ listener }) => listener)]
  }

  async #openPlain(address: ListenAddress): Promise<HttpListener> {
    const setting: DoorSetting = { ...this.#door, needsProof: !isLoopbackHost(address.host) }
    return await this.#listen(address, (call) => serveCall(setting, call, undefined))
  }

  async #openMapped(port: MappedPort, name: string, binding: MappedBinding): Promise<OpenPort> {
    const bound = { binding }
    const address = { host: port.host ?? '127.0.0.1', port: port.port }
    const listener = await this.#listen(address, (call) => serveCall(this.#door, call, bound.binding))
    return { name, listener, bound }
  }

  #closeLater(listener: HttpListener): void {
    const closing = listener.close(GRACE_MS).finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #listen(
    address: ListenAddress,
    onCall: (call: IncomingCall) => void,
    credentials?: ServerCredentials,
  ): Promise<HttpListener> {
    return HttpListener.open({
      host: address.host,
      port: address.port,
      llhttp: this.#llhttp,
      limits: this.#limits,
      gauge: this.#gauge,
      onCall,
      onMalformed: (reason) => this.#tellMalformed(reason),
      ...(credentials === undefined ? undefined : { tls: { key: credentials.key, cert: credentials.cert } }),
    })
  }

  #tellMalformed(reason: string): Buffer {
    const id = this.#door.newId()
    this.#door.onEvent({ kind: 'request_malformed', id, reason })
    return malformedBody(id, this.#door.dialect)
  }
}
