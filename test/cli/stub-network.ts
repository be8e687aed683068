import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { main } from '../../cli/wusla.ts'

export const RTA = 'AE-DU/GOV/RTA'
export const DEWA = 'AE-DU/SEMI/DEWA'
export const BILLS = `${DEWA}/BILLING/bills`

const MANDATE = { office: { en: 'x', ar: 'س' }, kinds: ['service'], validUntil: '2030-01-01T00:00:00.000Z' }

/** What was asked for, but for plain questions. */
export interface Asked {
  /** `rta`, `dewa`, `registry` or `stand-in`, then method and path. */
  readonly call: string
  readonly body: Record<string, unknown>
}

/** How a command ended. */
interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * A sandbox file with the gateways of RTA and DEWA, a registry and a stand-in, behind all of which one server answers what a test says and writes
 * down what it is asked: for what commands ask whom, and how they end.
 */
export class StubNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'wusla-stub-'))
  readonly asked: Asked[] = []
  /** What is answered to `METHOD path`, whoever is asked; a function is asked each time. */
  answers: Record<string, object | (() => object)> = {}
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      })
    })
  }

  static async start(): Promise<StubNetwork> {
    const stub = new StubNetwork()
    stub.#server.listen(0, '127.0.0.1')
    await once(stub.#server, 'listening')
    stub.#writeSandboxFile()
    return stub
  }

  /** Runs a command line in this process; what it prints is kept from the report of the tests. */
  async wusla(t: TestContext, ...args: string[]): Promise<Ended> {
    const printed = { stdout: '', stderr: '' }
    const mocks = (['stdout', 'stderr'] as const).map((name) => {
      const stream = process[name]
      const write = stream.write.bind(stream)
      return t.mock.method(stream, 'write', (text: string | Uint8Array): boolean => {
        // The report of the tests goes the same way, in bytes.
        if (typeof text !== 'string') return write(text)
        printed[name] += text
        return true
      })
    })
    try {
      return { code: await main(['node', 'wusla', ...args, '--state', this.folder]), ...printed }
    } finally {
      for (const { mock } of mocks) mock.restore()
      // The command's, not that of the test.
      process.exitCode = undefined
    }
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
    rmSync(this.folder, { recursive: true })
  }

  async #answer(request: IncomingMessage): Promise<[number, object]> {
    const { method = '', url = '' } = request
    const [, actor = '', path = ''] = /^\/([\w-]+)(\/.*)$/.exec(url) ?? []
    const body = method === 'POST' || method === 'PUT' ? ((await json(request)) as Asked['body']) : {}
    if (method !== 'GET') this.asked.push({ call: `${actor} ${method} ${path}`, body })
    const found = this.answers[`${method} ${path}`]
    if (found === undefined) return [404, { code: 'not_found', message: 'There is no such thing.' }]
    return [200, typeof found === 'function' ? (found() as object) : found]
  }

  #writeSandboxFile(): void {
    const base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const gateway = (member: string, name: string): object => ({
      id: `${member}/gw-1`,
      member,
      frontDoor: base,
      admin: { url: `${base}/${name}`, token: 't' },
      state: this.folder,
      pid: 1,
    })
    const person = (name: string, emiratesId: string | null, members: readonly string[]): object => ({
      name,
      sop: 'SOP3',
      emiratesId,
      mandates: members.map((member) => ({ ...MANDATE, member, mandate: `of-${name}` })),
    })
    const identity = {
      url: `${base}/stand-in`,
      controlToken: 'c',
      root: 'root.pem',
      client: { id: 'i', secret: 's' },
      personas: [
        person('noura', '784199066447543', [RTA]),
        person('layla', null, []),
        person('rashid', '784198261504728', []),
      ],
    }
    const sandbox = {
      network: 'AE-DU',
      anchor: 'anchor.json',
      registry: { url: `${base}/registry`, pid: 1, adminToken: 't' },
      branches: [],
      gateways: [gateway(RTA, 'rta'), gateway(DEWA, 'dewa')],
      identity,
      examples: [],
    }
    writeFileSync(join(this.folder, 'sandbox.json'), JSON.stringify(sandbox))
  }
}
