import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PERSONAS } from '../../sandbox/identity/personas.ts'
import { freePort } from '../../sandbox/identity/testing/free-port.ts'
import { TestStandIn } from '../../sandbox/identity/testing/stand-in-client.ts'
import { type Api, createApi } from '../../src/admin-api/api-server.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import { holderOf, mandateTerms } from '../../src/directory/testing/grant-mandate.ts'
import { AgreementOffice } from '../../src/gateway/agreement-office.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-event.ts'
import { type OpenAgreements, openAgreements } from '../../src/gateway/open-agreements.ts'
import { openSigningDesk } from '../../src/gateway/open-signing-desk.ts'
import { RegistryClient } from '../../src/gateway/registry-client.ts'
import { signRoutes } from '../../src/gateway/signing/sign-routes.ts'
import type { SigningDesk } from '../../src/gateway/signing/signing-desk.ts'
import type { SigningView } from '../../src/gateway/signing/signing.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { type TestGateway, TestRegistry } from '../../src/registry/testing/test-registry.ts'
import { configFor } from './signing-config.ts'

export const DEWA = 'AE-DU/SEMI/DEWA'
export const RTA = 'AE-DU/GOV/RTA'

/** Under which the stand-in issues certificates of people of level SOP3. */
const QUALIFIED = '2.16.784.99999.2'
const WAIT_MS = 30_000

type MandateWish = Parameters<typeof mandateTerms>[0]

/** The side of one member that signs: as its gateway, without the doors for exchanges. */
export class SigningParty {
  readonly gateway: TestGateway
  readonly follower: DirectoryFollower
  readonly registry: RegistryClient
  readonly open: OpenAgreements
  readonly office: AgreementOffice
  readonly salts = new Map<string, string>()
  readonly events: GatewayEvent[] = []
  readonly publicUrl: string
  desk: SigningDesk
  readonly #folder: string
  readonly #network: SigningNetwork
  readonly #config: GatewayConfig
  #api: Api | undefined
  /** They would wait for their person as long as this process lives. */
  readonly #former: SigningDesk[] = []

  private constructor(
    network: SigningNetwork,
    gateway: TestGateway,
    { folder, follower, config }: { folder: string; follower: DirectoryFollower; config: GatewayConfig },
    registry: RegistryClient,
    open: OpenAgreements,
  ) {
    this.#network = network
    this.#folder = folder
    this.#config = config
    this.gateway = gateway
    this.follower = follower
    this.registry = registry
    this.open = open
    this.publicUrl = config.identity?.publicUrl ?? ''
    this.office = new AgreementOffice({
      network: 'AE-DU',
      member: gateway.member,
      key: () => gateway.seal,
      directory: follower.directory,
      store: open.agreements,
      registry,
      verified: open.verified,
      clock: systemClock,
      untilInForce: async () => await Promise.resolve(),
    })
    this.desk = this.#openDesk()
  }

  static async start(network: SigningNetwork, member: string): Promise<SigningParty> {
    const gateway = await network.registry.join(`${member}/gw-1`)
    const folder = await mkdtemp(join(tmpdir(), 'wusla-signing-'))
    const port = await freePort()
    const { url } = network.registry
    const follower = await DirectoryFollower.open({
      anchor: network.registry.anchor,
      storeDirectory: join(folder, 'directory'),
      sources: () => [url],
      clock: systemClock,
      onEvent: () => undefined,
    })
    follower.start()
    const config = await configFor(network.standIn, gateway.gateway, folder, port)
    const registry = new RegistryClient({
      url,
      network: 'AE-DU',
      gateway: gateway.gateway,
      sealKey: () => gateway.seal,
      clock: systemClock,
      fetch: globalThis.fetch,
    })
    const events: GatewayEvent[] = []
    const open = await openAgreements({
      stateDirectory: folder,
      config,
      network: 'AE-DU',
      member,
      directory: follower.directory,
      registry,
      clock: systemClock,
      onEvent: (event) => events.push(event),
    })
    const party = new SigningParty(network, gateway, { folder, follower, config }, registry, open)
    follower.directory.onChange(() => void setImmediate(() => open.verified.look()))
    open.agreements.onChange(() => open.verified.look())
    await party.listen()
    return party
  }

  /** A desk anew, as after the end of the process: nothing in memory is left. */
  async restart(): Promise<void> {
    await this.#api?.close()
    this.#former.push(this.desk)
    this.desk = this.#openDesk()
    await this.listen()
  }

  async listen(): Promise<void> {
    const api = await createApi({
      title: 'test',
      description: 'test',
      onUnexpected: (error) => assert.fail(String(error)),
    })
    signRoutes(api, this.desk, this.publicUrl, (event) => this.events.push(event))
    await api.listen({ host: '127.0.0.1', port: Number(new URL(this.publicUrl).port) })
    this.#api = api
  }

  /** A mandate for a persona, granted by this member. */
  /** Files a draft of its own for as long as any test runs. @returns the agreement */
  async propose(): Promise<string> {
    const nonce = randomBytes(16).toString('base64url')
    const {
      type: _type,
      network: _network,
      ...terms
    } = draft({ nonce, validUntil: '2099-01-01T00:00:00.000Z' })
    return await this.office.propose(terms)
  }

  async grant(persona: string, wish: MandateWish = {}): Promise<string> {
    const salt = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    const terms = mandateTerms({ holder: holderOf(numberOf(persona), salt), ...wish })
    await this.#publish('mandate_granted', terms)
    this.salts.set(terms.mandate, salt)
    return terms.mandate
  }

  async endMandate(mandate: string): Promise<void> {
    await this.#publish('mandate_ended', { mandate, reason: 'test' })
  }

  async #publish(kind: string, fields: object): Promise<void> {
    const { registry } = this.#network
    const { body } = await registry.must(
      await registry.submit(this.gateway, kind, { member: this.gateway.member, ...fields }),
    )
    await this.until(() => this.follower.directory.size > body.index)
  }

  /** A browser opens the address and logs in as a persona. @returns the browser, and where it is sent to */
  async logIn(
    address: string,
    persona: string,
  ): Promise<{ readonly cookie: string; readonly answer: Response }> {
    const opened = await fetch(address, { redirect: 'manual' })
    assert.equal(opened.status, 303, await opened.text())
    const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';')
    const back = await this.#network.standIn.answer(opened.headers.get('location') ?? '', persona)
    const answer = await fetch(back, { redirect: 'manual', headers: { cookie } })
    return { cookie, answer }
  }

  /**
   * Everything an official does with a browser.
   *
   * @returns how the signing stands when it is over
   */
  async sign(persona: string, ...agreements: string[]): Promise<SigningView> {
    const { signing, address } = await this.desk.begin(agreements)
    const { cookie, answer } = await this.logIn(address, persona)
    if (answer.status === 303) {
      const back = await this.#network.standIn.answer(answer.headers.get('location') ?? '', persona)
      if (back.startsWith('http')) await fetch(back, { headers: { cookie } })
    }
    return await this.ended(signing)
  }

  async ended(signing: string): Promise<SigningView> {
    await this.until(() => ['finished', 'failed'].includes(this.desk.view(signing).status))
    return this.desk.view(signing)
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS
    while (!holds()) {
      assert.ok(Date.now() < deadline, 'waited too long')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api?.close()
    for (const desk of [this.desk, ...this.#former]) await desk[Symbol.asyncDispose]()
    await this.open.verified[Symbol.asyncDispose]()
    await this.open.worker[Symbol.asyncDispose]()
    await this.follower[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true })
  }

  #openDesk(): SigningDesk {
    return openSigningDesk({
      stateDirectory: this.#folder,
      config: this.#config,
      network: 'AE-DU',
      member: this.gateway.member,
      directory: this.follower.directory,
      registry: this.registry,
      mandates: { list: () => [...this.salts].map(([mandate, salt]) => ({ mandate, salt })) },
      agreements: this.open.agreements,
      documents: this.open.documents,
      worker: this.open.worker,
      verified: this.open.verified,
      key: () => this.gateway.seal,
      clock: systemClock,
      fetch: globalThis.fetch,
      onEvent: (event) => this.events.push(event),
    })
  }
}

/** A registry with a signing policy, the stand-in of the national identity, and two members that sign. */
export class SigningNetwork {
  readonly registry: TestRegistry
  readonly standIn: TestStandIn

  private constructor(registry: TestRegistry, standIn: TestStandIn) {
    this.registry = registry
    this.standIn = standIn
  }

  static async start(level: 'advanced' | 'qualified' = 'qualified'): Promise<SigningNetwork> {
    const registry = await TestRegistry.found(systemClock, { testAuthorities: true })
    await registry.start()
    const standIn = await TestStandIn.start()
    const root = await (await fetch(`${standIn.url}/authority/root.cer`)).bytes()
    await registry.must(
      await registry.put('operator', '/v1/signing-policy', {
        level,
        qualifiedPolicies: [QUALIFIED],
        roots: [Buffer.from(root).toString('base64url')],
        answerWithinDays: 10,
      }),
    )
    return new SigningNetwork(registry, standIn)
  }

  async party(member: string): Promise<SigningParty> {
    const party = await SigningParty.start(this, member)
    await party.until(() => party.follower.directory.signingPolicy() !== undefined)
    return party
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.standIn[Symbol.asyncDispose]()
    await this.registry[Symbol.asyncDispose]()
  }
}

/** The identity number of a persona; an invented one for whom the provider knows none. */
function numberOf(persona: string): string {
  return PERSONAS.find(({ name }) => name === persona)?.emiratesId ?? '784000000000000'
}
