import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Asked } from './ask-process.ts'
import { HostProgram, startWusla, wuslaOn } from './host-program.ts'
import { Line } from './line.ts'
import { type Host, type Impairing, Namespaces } from './namespaces.ts'
import { untilTrue } from './until-true.ts'

/** Which programs there are and which hosts have a line. A host is named like its branch or member, in lower case. */
export interface NetworkPlan {
  /** Codes of branches, as `CORE`. */
  readonly branches: readonly string[]
  /** Lines between branches, by their codes; they are registered in the directory as well. */
  readonly lines: readonly (readonly [string, string])[]
  /** Members with one gateway each, and their home branches by code. */
  readonly gateways: readonly { readonly member: string; readonly branches: readonly string[] }[]
}

/** One event of an actor's log. */
export interface LoggedEvent {
  readonly time: string
  readonly kind: string
  readonly [member: string]: unknown
}

/** A registry, a branch or a gateway as a process on its host. */
export interface RunningActor {
  readonly id: string
  readonly host: Host
  readonly directory: string
  child: ChildProcess
}

const NETWORK = 'AE-DU'
/** Where branches stand. */
const HOUSE = `${NETWORK}/COM/MORO`
const REGISTRY = 'registry'

/** Ports are the same on every host: each has its own address. */
export const PORTS = { control: 7_601, tunnel: 7_602, http: 7_603, frontDoor: 8_080, admin: 8_081 } as const

/**
 * The real programs on hosts of their own, joined with the real commands. Every host has a line to the registry's; the
 * other lines are those of the plan.
 */
export class SmallNetwork implements AsyncDisposable {
  readonly actors = new Map<string, RunningActor>()
  readonly #namespaces = new Namespaces()
  readonly #lines = new Map<string, Line>()
  readonly #askers = new Map<string, HostProgram>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'wusla-hosts-'))
  readonly #tokens = new Map<string, string>()
  #registryToken = ''
  #proxy: HostProgram | undefined

  /** Builds the network; gateways are linked to their home branches when it resolves. */
  static async start(plan: NetworkPlan, impairing: Impairing): Promise<SmallNetwork> {
    const network = new SmallNetwork()
    try {
      await network.#build(plan, impairing)
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  host(name: string): Host {
    const host = this.#namespaces.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  /** The line between two hosts; the order of the names does not matter. */
  line(one: string, other: string): Line {
    const line = this.#lines.get([one, other].sort().join())
    if (line === undefined) throw new Error(`no line between ${one} and ${other}`)
    return line
  }

  actor(host: string): RunningActor {
    const actor = this.actors.get(host)
    if (actor === undefined) throw new Error(`no actor on ${host}`)
    return actor
  }

  /** What the actor of a host said since an instant, in milliseconds since 1970. */
  events(host: string, sinceMs: number): LoggedEvent[] {
    const lines = readFileSync(join(this.actor(host).directory, 'wusla.log'), 'utf8').split('\n')
    // The last line may be half written.
    const whole = lines.slice(0, -1).filter((line) => line.startsWith('{'))
    return whole
      .map((line) => JSON.parse(line) as LoggedEvent)
      .filter(({ time }) => Date.parse(time) >= sinceMs)
  }

  /** Calls the admin API of a gateway, or of the registry, on its host. @throws Error with its words when it refuses */
  async admin(host: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const { address } = this.host(host)
    const isRegistry = host === REGISTRY
    const base = isRegistry ? `http://${address}:7600` : `http://127.0.0.1:${PORTS.admin}`
    const token = isRegistry ? this.#registryToken : (this.#tokens.get(host) ?? '')
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const asked: Asked = {
      url: `${base}${path}`,
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const asker = this.#askers.get(host)
    if (asker === undefined) throw new Error(`nobody to ask on ${host}`)
    const { status, text } = (await asker.ask('fetch', asked)) as { status: number; text: string }
    if (status >= 400) throw new Error(`${method} ${path} on ${host}: ${status} ${text}`)
    return JSON.parse(text)
  }

  /** Ends the process of a host's actor in good order and waits for it. */
  async stop(host: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this.actor(host)
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Starts an actor that has joined and waits until it says that it is ready. */
  async run(
    host: string,
    kind: 'registry' | 'branch' | 'gateway',
    id: string,
    directory: string,
  ): Promise<void> {
    const running = join(directory, 'running.json')
    rmSync(running, { force: true })
    const args = [kind, 'run', '--dir', directory]
    const child = startWusla(this.host(host), args, join(directory, 'wusla.log'))
    this.actors.set(host, { id, host: this.host(host), directory, child })
    await untilTrue(`${id} runs`, () => {
      if (child.exitCode !== null) {
        const said = readFileSync(join(directory, 'wusla.log'), 'utf8')
        throw new Error(`${id} ended with ${child.exitCode}: ${said}`)
      }
      return existsSync(running)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.actors.values()) child.kill('SIGCONT')
    await Promise.all([...this.actors.keys()].map(async (host) => await this.stop(host, 'SIGKILL')))
    for (const asker of this.#askers.values()) await asker[Symbol.asyncDispose]()
    await this.#proxy?.[Symbol.asyncDispose]()
    for (const line of this.#lines.values()) await line[Symbol.asyncDispose]()
    this.#namespaces[Symbol.dispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #build({ branches, lines, gateways }: NetworkPlan, impairing: Impairing): Promise<void> {
    const names = [...branches, ...gateways.map(({ member }) => codeOf(member))].map((code) =>
      code.toLowerCase(),
    )
    for (const name of [REGISTRY, ...names]) this.#namespaces.add(name)
    const pairs: (readonly [string, string])[] = [
      ...names.map((name) => [name, REGISTRY] as const),
      ...lines,
      ...gateways.flatMap(({ member, branches: homes }) =>
        homes.map((home) => [codeOf(member), home] as const),
      ),
    ]
    for (const [one, other] of pairs) this.#connect(one.toLowerCase(), other.toLowerCase(), impairing)
    await this.#found([HOUSE, ...gateways.map(({ member }) => member)])
    await Promise.all(branches.map(async (code) => await this.#joinBranch(code)))
    for (const [one, other] of lines) await this.#registerLine(one, other)
    await Promise.all(
      gateways.map(async ({ member, branches: homes }) => await this.#joinGateway(member, homes)),
    )
  }

  #connect(one: string, other: string, impairing: Impairing): void {
    this.#lines.set([one, other].sort().join(), new Line(this.host(one), this.host(other), impairing))
  }

  async #found(members: readonly string[]): Promise<void> {
    const host = this.host(REGISTRY)
    const directory = join(this.#folder, REGISTRY)
    const url = `http://${host.address}:7600`
    const addresses = ['--listen', '127.0.0.1:7600', '--public-url', url]
    const made = await wuslaOn(host, 'registry', 'create', NETWORK, '--dir', directory, ...addresses)
    this.#registryToken = (made['tokens'] as { operator: string }).operator
    await this.run(REGISTRY, 'registry', 'registry', directory)
    this.#proxy = await HostProgram.start(host, 'proxy-process.ts', host.address, '7600')
    this.#askers.set(REGISTRY, await HostProgram.start(host, 'ask-process.ts'))
    for (const member of members) {
      const name = { ar: 'جهة', en: codeOf(member) }
      await this.admin(REGISTRY, 'POST', '/v1/members', { member, name })
    }
  }

  get #operator(): string[] {
    return ['--registry', `http://${this.host(REGISTRY).address}:7600`, '--token', this.#registryToken]
  }

  async #joinBranch(code: string): Promise<void> {
    const id = `${NETWORK}/branch/${code}`
    const host = this.host(code.toLowerCase())
    const directory = join(this.#folder, code)
    const given = await wuslaOn(
      this.host(REGISTRY),
      'branch',
      'token',
      id,
      '--host',
      HOUSE,
      ...this.#operator,
    )
    const ports = (['control', 'tunnel', 'http'] as const).flatMap((port) => [
      `--${port}`,
      `${host.address}:${PORTS[port]}`,
    ])
    await wuslaOn(host, 'branch', 'join', String(given['token']), '--dir', directory, ...ports, '--no-start')
    await this.run(host.name, 'branch', id, directory)
  }

  async #registerLine(one: string, other: string): Promise<void> {
    await this.admin(REGISTRY, 'POST', '/v1/lines', {
      line: `${one}-${other}`,
      ends: [`${NETWORK}/branch/${one}`, `${NETWORK}/branch/${other}`],
      capacityMbps: 1_000,
      monthlyCostAed: 0,
      owner: HOUSE,
      riskGroups: [],
    })
  }

  async #joinGateway(member: string, homes: readonly string[]): Promise<void> {
    const host = this.host(codeOf(member).toLowerCase())
    const directory = join(this.#folder, codeOf(member))
    const branches = homes.flatMap((code) => ['--home-branch', `${NETWORK}/branch/${code}`])
    const wanted = ['gateway', 'token', '--member', member, ...branches]
    const given = await wuslaOn(this.host(REGISTRY), ...wanted, ...this.#operator)
    const doors = ['--front-door', `127.0.0.1:${PORTS.frontDoor}`, '--admin', `127.0.0.1:${PORTS.admin}`]
    const joining = ['gateway', 'join', String(given['token']), '--dir', directory, ...doors, '--no-start']
    const { adminToken } = await wuslaOn(host, ...joining)
    this.#tokens.set(host.name, String(adminToken))
    this.#askers.set(host.name, await HostProgram.start(host, 'ask-process.ts'))
    await this.run(host.name, 'gateway', `${member}/gw-1`, directory)
    await untilTrue(`${member} is linked to its branches`, () => {
      const linked = this.events(host.name, 0).filter(({ kind }) => kind === 'branch_linked')
      return new Set(linked.map(({ branch }) => branch)).size === homes.length
    })
  }
}

function codeOf(member: string): string {
  return member.split('/')[2] ?? ''
}
