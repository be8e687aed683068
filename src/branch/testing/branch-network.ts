import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { systemClock } from '../../protocol/clock.ts'
import { isWuslaError, type WuslaError } from '../../protocol/wusla-error.ts'
import {
  BranchLink,
  type BranchLinkEvent,
  type IncomingTunnel,
  type OpenedTunnel,
} from '../../transport/branch-link.ts'
import type { ControlMessage } from '../../transport/branch-control.ts'
import type { ChannelLimits, LinkChannel } from '../../transport/link-channel.ts'
import { LinkDialer, type LinkDownReason, type LinkTimes } from '../../transport/link-dialer.ts'
import { createLinkFixture, type LinkFixture } from '../../transport/link-fixture.ts'
import { parseLinkAddress } from '../../transport/link-address.ts'
import type { TlsIdentity } from '../../transport/link-identity.ts'
import type { BranchLimits } from '../branch-config.ts'
import type { BranchDeps } from '../branch-handle.ts'
import type { BranchEvent } from '../branch-event.ts'
import { type BranchHandle, startBranch } from '../start-branch.ts'

/** Lets a test wait for what happens instead of sleeping. */
export class EventLog<E extends { readonly kind: string }> {
  readonly events: E[] = []
  readonly #waiters = new Set<(event: E) => void>()

  readonly sink = (event: E): void => {
    this.events.push(event)
    for (const waiter of this.#waiters) waiter(event)
  }

  /** The first event of a kind that fits, past or to come. */
  async seen<K extends E['kind']>(
    kind: K,
    fits: (event: Extract<E, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<E, { kind: K }>> {
    const isIt = (event: E): event is Extract<E, { kind: K }> =>
      event.kind === kind && fits(event as Extract<E, { kind: K }>)
    const past = this.events.find(isIt)
    if (past !== undefined) return past
    const { promise, resolve } = Promise.withResolvers<Extract<E, { kind: K }>>()
    const waiter = (event: E): void => {
      if (isIt(event)) resolve(event)
    }
    this.#waiters.add(waiter)
    const found = await promise
    this.#waiters.delete(waiter)
    return found
  }
}

/** A branch of a test. */
export interface TestBranch {
  readonly id: string
  readonly handle: BranchHandle
  readonly log: EventLog<BranchEvent>
}

/** A gateway of a test; tunnels that come in wait in `incoming`. */
export interface TestGateway {
  readonly id: string
  readonly link: BranchLink
  readonly log: EventLog<BranchLinkEvent>
  readonly incoming: () => Promise<IncomingTunnel>
}

/** A control connection in the hands of a test. */
export interface Speaker {
  readonly channel: LinkChannel
  readonly heard: ControlMessage[]
  readonly ends: LinkDownReason[]
}

/** Limits under which waiting is short. */
export const QUICK: Partial<BranchLimits> = Object.freeze({
  pingIntervalMs: 100,
  silenceMs: 600,
})
const QUICK_TIMES: LinkTimes = Object.freeze({ connectMs: 2_000, backOffMs: 20, maxBackOffMs: 100 })
const QUICK_LIMITS: ChannelLimits = Object.freeze({ pingIntervalMs: 100, silenceMs: 2_000 })

/** Branches and gateways on the loopback interface, all closed when the test ends. */
export class BranchNetwork {
  readonly fixture: LinkFixture
  readonly #test: TestContext

  constructor(fixture: LinkFixture, test: TestContext) {
    this.fixture = fixture
    this.#test = test
  }

  /** Starts a branch and puts it into the directory. */
  async branch(
    code: string,
    limits: Partial<BranchLimits> = {},
    deps: Partial<BranchDeps> & { port?: string } = {},
  ): Promise<TestBranch> {
    const id = branchId(code)
    const log = new EventLog<BranchEvent>()
    const config = {
      branch: id,
      controlListen: deps.port ?? '127.0.0.1:0',
      tunnelListen: '127.0.0.1:0',
      limits: { ...QUICK, ...limits },
    }
    const handle = await startBranch(config, {
      directory: this.fixture.directory,
      identity: deps.identity ?? (await this.fixture.identity(id)),
      clock: systemClock,
      onEvent: log.sink,
      linkTimes: QUICK_TIMES,
      ...deps,
    })
    this.fixture.directory.placeBranch(id, handle.controlAddress, handle.tunnelAddress)
    this.#test.after(() => handle.close())
    return { id, handle, log }
  }

  /** Starts branches and registers lines between them in a row. */
  async row(codes: readonly string[], limits: Partial<BranchLimits> = {}): Promise<TestBranch[]> {
    const branches: TestBranch[] = []
    for (const code of codes) branches.push(await this.branch(code, limits))
    for (const [index, { id }] of branches.entries()) {
      const next = branches[index + 1]
      if (next !== undefined) this.fixture.directory.addLine(id, next.id)
    }
    return branches
  }

  /** Connects a gateway to a branch and waits until it is up. */
  async gateway(id: string, branch: TestBranch, identity?: TlsIdentity): Promise<TestGateway> {
    const gateway = this.dial(id, branch, identity ?? (await this.fixture.identity(id)))
    await gateway.link.whenUp()
    return gateway
  }

  /** Lets a gateway dial a branch. */
  dial(id: string, branch: Pick<TestBranch, 'id'>, identity: TlsIdentity): TestGateway {
    const log = new EventLog<BranchLinkEvent>()
    const came: IncomingTunnel[] = []
    const waiting: ((tunnel: IncomingTunnel) => void)[] = []
    const link = new BranchLink({
      branch: branch.id,
      identity: () => identity,
      directory: this.fixture.directory,
      onEvent: log.sink,
      onIncoming: (tunnel) => {
        this.#test.after(() => tunnel.socket.destroy())
        const next = waiting.shift()
        if (next === undefined) came.push(tunnel)
        else next(tunnel)
      },
      times: QUICK_TIMES,
      limits: QUICK_LIMITS,
    })
    this.#test.after(() => link.close())
    const incoming = async (): Promise<IncomingTunnel> => {
      const first = came.shift()
      if (first !== undefined) return first
      const { promise, resolve } = Promise.withResolvers<IncomingTunnel>()
      waiting.push(resolve)
      return promise
    }
    return { id, link, log, incoming }
  }

  /** A control connection that does nothing by itself: the test speaks on it. */
  async speaker(
    identity: TlsIdentity,
    branch: Pick<TestBranch, 'id'> & { handle?: { controlAddress: string } },
    tunnel?: string,
  ): Promise<Speaker> {
    const heard: ControlMessage[] = []
    const ends: LinkDownReason[] = []
    const up = Promise.withResolvers<LinkChannel>()
    const dialer = new LinkDialer({
      peer: branch.id,
      address: () =>
        branch.handle?.controlAddress ?? this.fixture.directory.branch(branch.id)?.controlAddress,
      identity: () => identity,
      directory: this.fixture.directory,
      onUp: (channel) => up.resolve(channel),
      onMessage: (message) => heard.push(message),
      onDown: (reason) => ends.push(reason),
      times: { backOffMs: 60_000 },
      limits: { pingIntervalMs: 100, silenceMs: 30_000 },
      ...(tunnel === undefined ? {} : { tunnel: () => tunnel }),
    })
    this.#test.after(() => dialer.close())
    return { channel: await up.promise, heard, ends }
  }

  /** Opens a tunnel and gives both ends. */
  async tunnel(
    from: TestGateway,
    to: TestGateway,
    options: Parameters<BranchLink['open']>[1] = {},
  ): Promise<{ near: OpenedTunnel; far: IncomingTunnel }> {
    const [near, far] = await Promise.all([from.link.open(to.id, options), to.incoming()])
    this.#test.after(() => near.socket.destroy())
    return { near, far }
  }
}

/** An empty network for one test. */
export async function branchNetwork(test: TestContext): Promise<BranchNetwork> {
  return new BranchNetwork(await createLinkFixture(), test)
}

/** `AE-DU/branch/<code>` */
export function branchId(code: string): string {
  return `AE-DU/branch/${code}`
}

/** A bare connection to a branch's tunnel port. */
export function dialTunnel(test: TestContext, branch: TestBranch): Socket {
  const socket = connect(parseLinkAddress(branch.handle.tunnelAddress) ?? assert.fail())
  socket.on('error', () => undefined)
  test.after(() => socket.destroy())
  return socket
}

/** Waits for a state that no event announces. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail(`never happened: ${what}`)
}

/** The error a promise rejects with. */
export async function refused(promise: Promise<unknown>): Promise<WuslaError> {
  try {
    await promise
  } catch (error) {
    if (isWuslaError(error)) return error
    throw error
  }
  return assert.fail('it should have been refused')
}

/** Reads exactly so many bytes. */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  while (bytes < count) {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) break
      await once(socket, 'readable')
      continue
    }
    chunks.push(chunk)
    bytes += chunk.length
  }
  return Buffer.concat(chunks)
}

/** Resolves when the socket is over, with or without an error. */
export async function isOver(socket: Socket): Promise<void> {
  if (socket.closed) return
  socket.on('error', () => undefined)
  socket.resume()
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('close', () => resolve())
  await promise
}
