import type { Socket } from 'node:net'
import { toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { Llhttp } from '../front-door/llhttp.ts'
import { AnswerSorter } from './answer-pairs.ts'
import type { ServiceTarget } from './back-door-request.ts'
import type { BackendCall } from './backend-call.ts'
import type { ServiceAddress } from './service-address.ts'
import { ServiceConnection } from './service-connection.ts'
import type { ConnectionPool } from './service-connection.ts'
import { ServiceDialer } from './service-dialer.ts'

/** Calls that may wait for a connection. */
const MAX_WAITING = 4_096

/** What all pools of a door share. */
export interface PoolSetting {
  readonly llhttp: Llhttp
  readonly readBuffer: Buffer
  readonly maxConnections: number
  /** Coarse time in milliseconds, never behind. */
  readonly nowMs: () => number
}

/**
 * The connections to one backend, each carrying one call at a time. The one used last is used first, so the others may
 * grow old and close.
 */
export class ServicePool implements ConnectionPool {
  readonly llhttp: Llhttp
  readonly answers: AnswerSorter = new AnswerSorter()
  readonly #setting: PoolSetting
  readonly #dialer: ServiceDialer
  readonly #idle: ServiceConnection[] = []
  readonly #all = new Set<ServiceConnection>()
  readonly #waiting: BackendCall[] = []
  readonly #dialling = new Set<Socket>()

  /** @throws WuslaError `config_invalid` */
  constructor(target: ServiceTarget, address: ServiceAddress, setting: PoolSetting) {
    this.llhttp = setting.llhttp
    this.#setting = setting
    this.#dialer = new ServiceDialer(target, address, setting.readBuffer)
  }

  /** Connections, in use, kept or being opened. */
  get size(): number {
    return this.#all.size
  }

  nowMs(): number {
    return this.#setting.nowMs()
  }

  /** Sends a call as soon as a connection is free: a new one, or one that another call gives back before. */
  run(call: BackendCall): void {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return idle.send(call)
    }
    if (this.#waiting.length >= MAX_WAITING) return call.fail(new WuslaError('too_many_requests'))
    this.#waiting.push(call)
    this.#grow()
  }

  tick(nowMs: number): void {
    for (const connection of this.#all) connection.tick(nowMs)
  }

  /** Cuts every connection and ends every call. */
  destroy(): void {
    const ended = new WuslaError('stream_cancelled', { message: 'The gateway is closing.' })
    for (const call of this.#waiting.splice(0)) call.fail(ended)
    for (const socket of this.#dialling) socket.destroy(ended)
    for (const connection of this.#all) connection.reset()
  }

  onFree(connection: ServiceConnection): void {
    const next = this.#nextWaiting()
    if (next === undefined) this.#idle.push(connection)
    else connection.send(next)
  }

  onClosed(connection: ServiceConnection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    this.#grow()
  }

  /** Opens a connection if more calls wait than connections are being opened. */
  #grow(): void {
    if (this.#dialling.size >= this.#waiting.length || this.#all.size >= this.#setting.maxConnections) return
    const connection = new ServiceConnection(this)
    this.#all.add(connection)
    const socket = this.#dial(connection)
    if (socket !== undefined) this.#dialling.add(socket)
  }

  /** Undefined: no connection can be opened as things are; the calls that wait for one have been told. */
  #dial(connection: ServiceConnection): Socket | undefined {
    try {
      const socket = this.#dialer.dial(
        (bytes) => connection.receive(bytes),
        (error) => {
          this.#dialling.delete(socket)
          if (error === undefined) {
            connection.attach(socket)
            this.onFree(connection)
          } else {
            connection.dispose()
            this.#nextWaiting()?.fail(error)
            this.onClosed(connection)
          }
        },
      )
      return socket
    } catch (cause) {
      connection.dispose()
      this.#all.delete(connection)
      const error = toWuslaError(cause, 'internal_error')
      for (const call of this.#waiting.splice(0)) call.fail(error)
      return undefined
    }
  }

  #nextWaiting(): BackendCall | undefined {
    let next = this.#waiting.shift()
    while (next?.isOver === true) next = this.#waiting.shift()
    return next
  }
}
