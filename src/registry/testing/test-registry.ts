import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiRole } from '../../admin-api/api-tokens.ts'
import { enrolmentKey } from '../../directory/enrolment-key.ts'
import { type Clock, formatTime, systemClock } from '../../protocol/clock.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { type Anchor, readAnchor } from '../../trust/anchor.ts'
import { createCertificateRequest } from '../../trust/certificate-request.ts'
import { decodeEnrolmentToken, type EnrolmentToken } from '../../trust/enrolment-token.ts'
import { generateNoteKey } from '../../trust/note-key.ts'
import { generateSealKey, type SoftwareSealKey } from '../../trust/seal-key.ts'
import { sealRequest } from '../../trust/sealed-request.ts'
import { type ChangeSignature, signChange, type SignedChange } from '../../trust/signed-change.ts'
import { createRegistry } from '../create-registry.ts'
import type { RegistryConfig } from '../registry-config.ts'
import type { RegistryEvent } from '../registry-event.ts'
import { type RegistryHandle, startRegistry } from '../start-registry.ts'

export const NETWORK = 'AE-DU'
export const DEWA: string = `${NETWORK}/SEMI/DEWA`
export const RTA: string = `${NETWORK}/GOV/RTA`
export const NAME: { readonly ar: string; readonly en: string } = { ar: 'اسم', en: 'Name' }

/** What answers may hold. A test reads what it expects; what is not there fails its comparison. */
export interface AnswerBody {
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly details: Readonly<Record<string, unknown>>
  readonly index: number
  readonly size: number
  readonly token: string
  readonly certificateChain: string
  readonly agreement: string
  readonly hash: string
  readonly acceptances: readonly string[]
  readonly agreements: readonly { readonly hash: string; readonly acceptances: readonly string[] }[]
  readonly status: string
  readonly proposedBy: string
  readonly closedBy: string
  readonly reason: string
  readonly counteredBy: string
  readonly request: string
  readonly signed: Readonly<
    Record<string, { readonly signers: readonly object[]; readonly document: string }>
  >
  readonly lease: { readonly by: string; readonly until: string }
  readonly leaseUntil: string
  readonly document: string | null
  readonly digest: string
  readonly id: string
  readonly answerBy: string
  readonly requests: readonly {
    readonly id: string
    readonly status: string
    readonly isOverdue: boolean
    readonly agreement: string
    readonly reason: string
  }[]
  readonly testAuthorities: boolean
  readonly answerWithinDays: number
  readonly members: readonly { readonly member: string }[]
  readonly changes: readonly { readonly index: number; readonly kind: string }[]
  readonly openapi: string
  readonly paths: Readonly<Record<string, { readonly post: { readonly security: unknown } }>>
}

/** An answer of the API. */
export interface Answer {
  readonly status: number
  readonly body: AnswerBody
  readonly text: string
}

/** A gateway with its keys, as a test holds it. */
export interface TestGateway {
  readonly gateway: string
  readonly member: string
  readonly seal: SoftwareSealKey
  readonly tls: SoftwareSealKey
}

/** What an enrolment posts. */
export interface Enrolment extends SignedChange {
  readonly csr: string
}

/** A registry on a port of this machine, with its folder, and calls to its API. */
export class TestRegistry {
  readonly folder: string
  readonly tokens: Readonly<Record<ApiRole, string>>
  readonly anchor: Anchor
  readonly events: RegistryEvent[] = []
  readonly #clock: Clock
  #handle: RegistryHandle | undefined
  #lastMs = 0

  private constructor(
    folder: string,
    tokens: Readonly<Record<ApiRole, string>>,
    anchor: Anchor,
    clock: Clock,
  ) {
    this.folder = folder
    this.tokens = tokens
    this.anchor = anchor
    this.#clock = clock
  }

  /** Founds a network in a new folder. */
  static async found(clock: Clock = systemClock, more: Partial<RegistryConfig> = {}): Promise<TestRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'wusla-registry-'))
    const config = { network: NETWORK, listen: '127.0.0.1:0', publicUrl: 'http://127.0.0.1:1', ...more }
    const created = await createRegistry({ directory: folder, config, name: NAME, clock })
    return new TestRegistry(folder, created.tokens, await readAnchor(created.anchor), clock)
  }

  /** Founds and starts. */
  static async start(clock: Clock = systemClock): Promise<TestRegistry> {
    const registry = await TestRegistry.found(clock)
    await registry.start()
    return registry
  }

  get url(): string {
    return this.#handle?.url ?? 'http://127.0.0.1:1'
  }

  async start(): Promise<void> {
    const onEvent = (event: RegistryEvent): void => void this.events.push(event)
    this.#handle = await startRegistry(this.folder, { clock: this.#clock, fetch: globalThis.fetch, onEvent })
  }

  async stop(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true })
  }

  /** A time later than any this test used before. */
  time(): string {
    this.#lastMs = Math.max(this.#lastMs + 1, this.#clock.nowMs())
    return formatTime(this.#lastMs)
  }

  async get(path: string, authorization?: string): Promise<Answer> {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    return await answerOf(await fetch(`${this.url}${path}`, { headers }))
  }

  async post(path: string, body: unknown, authorization?: string): Promise<Answer> {
    return await this.send('POST', path, body, authorization)
  }

  async send(method: 'POST' | 'PUT', path: string, body: unknown, authorization?: string): Promise<Answer> {
    const headers = {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return await answerOf(await fetch(`${this.url}${path}`, { method, headers, body: text }))
  }

  /** Posts with the token of a role. */
  async as(role: ApiRole, path: string, body: unknown): Promise<Answer> {
    return await this.post(path, body, `Bearer ${this.tokens[role]}`)
  }

  /** Puts with the token of a role. */
  async put(role: ApiRole, path: string, body: unknown): Promise<Answer> {
    return await this.send('PUT', path, body, `Bearer ${this.tokens[role]}`)
  }

  /** Calls under the seal of a gateway. */
  async sealed(gateway: TestGateway, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const authorization = await this.seal(gateway, method, path, text)
    return method === 'GET' ? await this.get(path, authorization) : await this.post(path, text, authorization)
  }

  async seal(gateway: TestGateway, method: string, path: string, body: string): Promise<string> {
    const { gateway: actor, seal: key } = gateway
    return await sealRequest({ actor, network: NETWORK, method, path, body, key, nowMs: this.#clock.nowMs() })
  }

  async token(subject: string, more: object = {}): Promise<EnrolmentToken> {
    const answer = await this.as('operator', '/v1/tokens', { kind: 'gateway', subject, ...more })
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return decodeEnrolmentToken(answer.body.token)
  }

  /** What the holder of a token posts to enrol this gateway. */
  async enrolmentOf(token: EnrolmentToken, { gateway, member, seal, tls }: TestGateway): Promise<Enrolment> {
    const change = this.change('gateway_enrolled', {
      gateway,
      member,
      sealKey: textOf(seal),
      tlsKey: textOf(tls),
      ledgerKey: generateNoteKey(`wusla/${gateway}`).vkey,
      branches: [...token.branches],
      ...(token.voucher === undefined ? {} : { voucher: token.voucher }),
    })
    const signatures = [await signChange(change, gateway, seal), enrolmentKey(token.secret).sign(change)]
    return { change, signatures, csr: await createCertificateRequest(tls) }
  }

  /** A member that is admitted and has its first gateway. */
  async join(gatewayId: string): Promise<TestGateway> {
    const gateway = newGateway(gatewayId)
    await this.must(await this.as('operator', '/v1/members', { member: gateway.member, name: NAME }))
    const enrolment = await this.enrolmentOf(await this.token(gatewayId), gateway)
    await this.must(await this.post('/v1/enrol', enrolment))
    return gateway
  }

  change(kind: string, fields: object): SignedChange['change'] {
    return { ...fields, type: 'wusla/change/v1', kind, network: NETWORK, time: this.time() }
  }

  /** Posts a change that this gateway signs for its member. */
  async submit(gateway: TestGateway, kind: string, fields: object): Promise<Answer> {
    return await this.post('/v1/changes', await this.signed(gateway, kind, fields))
  }

  async signed(gateway: TestGateway, kind: string, fields: object): Promise<SignedChange> {
    const change = this.change(kind, fields)
    const signatures: ChangeSignature[] = [await signChange(change, gateway.member, gateway.seal)]
    return { change, signatures }
  }

  async must(answer: Answer): Promise<Answer> {
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    return await Promise.resolve(answer)
  }
}

export function newGateway(gateway: string): TestGateway {
  return { gateway, member: memberOf(gateway), seal: generateSealKey(), tls: generateSealKey() }
}

export function textOf(key: SoftwareSealKey): string {
  return Buffer.from(key.publicKeyDer).toString('base64url')
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as AnswerBody, text }
}
