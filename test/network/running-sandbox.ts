import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callAdmin } from '../../sandbox/drive.ts'
import { claimPort, isFree } from '../../sandbox/identity/testing/free-port.ts'
import { officialOf } from '../../sandbox/officials.ts'
import { signAs } from '../../sandbox/sign-as.ts'
import { memberOf } from '../../src/protocol/identifier.ts'

/** `sandbox.json` as tests read it. */
export interface SandboxFile {
  readonly anchor: string
  readonly registry: { readonly url: string; readonly pid: number; readonly adminToken: string }
  readonly lines: readonly {
    readonly id: string
    readonly ends: readonly string[]
    readonly capacityMbps: number
    readonly monthlyCostAed: number
    readonly owner: string
  }[]
  readonly branches: readonly { readonly id: string; readonly url: string; readonly pid: number }[]
  readonly gateways: readonly SandboxGateway[]
  readonly examples: readonly { readonly title: string; readonly curl: string }[]
  readonly identity: {
    readonly url: string
    readonly personas: readonly {
      readonly name: string
      readonly sop: string
      readonly emiratesId: string | null
      readonly mandates: readonly { readonly member: string; readonly mandate: string }[]
    }[]
    readonly controlToken: string
    readonly root: string
    readonly pid: number
  }
}

export interface SandboxGateway {
  readonly id: string
  readonly member: string
  readonly frontDoor: string
  readonly admin: { readonly url: string; readonly token: string }
  readonly state: string
  readonly pid: number
}

/** What `wusla …` printed, and how it ended. */
export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))

/** Names that the sandbox's layout fixes. */
export const RTA = 'AE-DU/GOV/RTA'
export const DEWA = 'AE-DU/SEMI/DEWA'
export const DHA = 'AE-DU/GOV/DHA'
export const MORO = 'AE-DU/COM/MORO'
export const LICENSING = `${RTA}/LICENSING`
export const BILLS = `${DEWA}/BILLING/bills`
export const ARCHIVE = `${MORO}/CLOUD/archive`

/** A sandbox of real processes in a folder of its own, on ports that were free. */
export class RunningSandbox {
  readonly state: string
  readonly #args: readonly string[]
  #child: ChildProcess

  private constructor(state: string, args: readonly string[], child: ChildProcess) {
    this.state = state
    this.#args = args
    this.#child = child
  }

  static async start(options: { readonly restart?: boolean } = {}): Promise<RunningSandbox> {
    const state = mkdtempSync(join(tmpdir(), 'wusla-network-'))
    const args = [LAUNCHER, 'sandbox', 'up', '--state', state, '--port-base', String(await freePortBase())]
    if (options.restart === false) args.push('--no-restart')
    return new RunningSandbox(state, args, await untilReady(args))
  }

  /** The process of `wusla sandbox up`. */
  get up(): ChildProcess {
    return this.#child
  }

  /** `wusla sandbox up` once more, after it ended. */
  async startAgain(): Promise<void> {
    this.#child = await untilReady(this.#args)
  }

  /** Read anew each time: process ids change when parts are started again. */
  get file(): SandboxFile {
    return JSON.parse(readFileSync(join(this.state, 'sandbox.json'), 'utf8')) as SandboxFile
  }

  gatewayOf(member: string): SandboxGateway {
    const found = this.file.gateways.find((gateway) => gateway.member === member)
    if (found === undefined) throw new Error(`no gateway of ${member}`)
    return found
  }

  /** Address of a service at a member's front door. */
  url(member: string, service: string, path: string): string {
    return `${this.gatewayOf(member).frontDoor}/r1/${service}${path}`
  }

  /** Runs `wusla …` against this sandbox. */
  async cli(...args: string[]): Promise<CliResult> {
    return await new Promise((resolve) => {
      const env = { ...process.env, WUSLA_STATE: this.state }
      execFile(
        process.execPath,
        [LAUNCHER, ...args],
        { env, maxBuffer: 16 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
          resolve({ code, stdout, stderr })
        },
      )
    })
  }

  async admin(
    member: string,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const { url, token } = this.gatewayOf(member).admin
    return await callAdmin(url, token, method, path, body)
  }

  /** Publishes a service of DEWA and lets RTA's licensing system use it. @returns the agreement */
  async offer(
    code: string,
    url: string,
    operations: readonly { method: string; path: string }[],
    terms: object = {},
  ): Promise<{ service: string; agreement: string }> {
    const service = `${DEWA}/BILLING/${code}`
    const name = { ar: code, en: code }
    await this.admin(DEWA, 'POST', '/v1/services', {
      service,
      kind: 'api',
      name,
      operations,
      target: { url },
    })
    return { service, agreement: await this.agree(service, operations, undefined, terms) }
  }

  /** The use of a service, by RTA's licensing system unless `terms` names other `clients`; signed by the officials of both. */
  async agree(
    service: string,
    operations: readonly { method: string; path: string }[],
    validUntil: string = new Date(Date.now() + 86_400_000).toISOString(),
    terms: { readonly clients?: readonly [string] } & object = {},
  ): Promise<string> {
    const { clients = [LICENSING] } = terms
    const [provider, consumer] = [memberOf(service), memberOf(clients[0])]
    const draft = {
      title: { ar: 'اتفاقية', en: 'Agreement' },
      parties: [
        { member: provider, role: 'provider' },
        { member: consumer, role: 'consumer' },
      ],
      grants: [{ service, operations, kinds: ['api'], dataClass: 'confidential', ...terms, clients }],
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      validUntil,
    }
    return await this.signDraft(draft, consumer, provider)
  }

  /** Proposes a draft for a member that was built with the sandbox and has it signed by its official and that of the other one. */
  async signDraft(draft: object, proposer: string, other: string): Promise<string> {
    const { agreement } = (await this.admin(proposer, 'POST', '/v1/agreements', draft)) as {
      agreement: string
    }
    for (const member of [proposer, other]) await this.sign(member, agreement)
    // Both gateways must decide by it before a test relies on it.
    for (const member of [proposer, other])
      await untilTrue(async () => ['in_force', 'expired'].includes(await this.statusOf(member, agreement)))
    return agreement
  }

  /** The official of a member that was built with the sandbox signs. */
  async sign(member: string, ...agreements: readonly string[]): Promise<void> {
    await signAs(officialOf(member), this.gatewayOf(member).admin, this.file.identity, agreements)
  }

  /** How an agreement stands at the gateway of a member; empty when it is not known there. */
  async statusOf(member: string, agreement: string): Promise<string> {
    const { agreements } = (await this.admin(member, 'GET', '/v1/agreements')) as {
      agreements: { id: string; status: string; isVerified?: boolean }[]
    }
    const row = agreements.find(({ id }) => id === agreement)
    // A draft that nobody signed in time is called expired too.
    return row?.isVerified === true ? row.status : ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cli('sandbox', 'down', '--state', this.state)
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise((resolve) => this.#child.once('exit', resolve))
    rmSync(this.state, { recursive: true, force: true })
  }
}

async function untilReady(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('sandbox ready')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}: ${text}`)))
  })
  return child
}

/** Waits for something that another process brings about; gives up after 30 s. */
export async function untilTrue(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come true within 30 s')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** In each block of ports, the one that no sandbox uses: whoever listens on it has the block. */
const CLAIM = 119

/**
 * The first of 120 consecutive ports that nobody used a moment ago and that no other test takes, below those (from 32768)
 * that the operating system takes for connections: one of them may be gone before its program listens.
 */
async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    // The first block would hold 10,080, which `fetch` refuses to call.
    const base = 10_120 + Math.floor(Math.random() * 184) * 120
    if (!(await claimPort(base + CLAIM))) continue
    const free = await Promise.all(
      [0, 1, 10, 11, 12, 13, 40, 41, 46, 47, 80].map(async (offset) => await isFree(base + offset)),
    )
    if (free.every(Boolean)) return base
  }
  throw new Error('no free ports')
}
