import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiToken } from '../../src/admin-api/api-tokens.ts'
import { type Agreement, agreementHash, type Grant } from '../../src/agreements/agreement.ts'
import { branchDirectory } from '../../src/branch/branch-directory.ts'
import { startBranch } from '../../src/branch/start-branch.ts'
import { EventLog } from '../../src/branch/testing/branch-network.ts'
import { Directory } from '../../src/directory/directory.ts'
import type { DirectoryEvent } from '../../src/directory/directory-event.ts'
import { publicKeyOf, type TestGateway } from '../../src/directory/testing/scripted-network.ts'
import { start, type Started } from '../../src/directory/testing/two-members.ts'
import { AgreementStore } from '../../src/gateway/agreement-store.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-event.ts'
import { startGateway } from '../../src/gateway/start-gateway.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import type { TlsIdentity } from '../../src/transport/link-identity.ts'
import {
  type CertificateAuthority,
  createIssuingCa,
  createNetworkRoot,
  issueCertificate,
} from '../../src/trust/certificate-authority.ts'
import { createCertificateRequest } from '../../src/trust/certificate-request.ts'
import { generateNoteKey } from '../../src/trust/note-key.ts'
import { generateSealKey, type SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { encodeSignedChange, type SignedChange } from '../../src/trust/signed-change.ts'
import { spiffeUri } from '../../src/trust/tls-identity.ts'
import { type CountingBackend, startCountingBackend } from '../network/counting-backend.ts'
import { contentWith } from './hostile-content.ts'
import { startTunnelProxy, type TunnelProxy } from './tunnel-proxy.ts'

const NETWORK = 'AE-DU'
export const MORO = `${NETWORK}/branch/MORO`
export const CLIENT = `${NETWORK}/GOV/RTA/LICENSING`
export const BILLS = `${NETWORK}/SEMI/DEWA/BILLING/bills`

/** A gateway that runs in this process, with its own copy of the directory. */
export interface RunningGateway {
  readonly keys: TestGateway
  readonly directory: Directory
  readonly told: EventLog<GatewayEvent>
  readonly refusals: DirectoryEvent[]
  readonly frontDoor: string
  readonly admin: { readonly url: string; readonly token: string }
}

/**
 * RTA and DEWA with their real gateways, a real branch between them, and a wire to the branch's tunnels that one can
 * tamper with. The registry is the test: what it writes, all directories read.
 */
export class HostileNetwork implements AsyncDisposable {
  readonly agreement: string
  readonly script: Started['script']
  readonly entries: string[]
  readonly backend: CountingBackend
  readonly proxy: TunnelProxy
  readonly #started: Started
  readonly #root: { readonly issuer: CertificateAuthority; readonly rootPem: string }
  readonly #content: Agreement
  readonly #directories: Directory[] = []
  readonly #closing: (() => Promise<unknown>)[] = []

  private constructor(
    started: Started,
    root: { issuer: CertificateAuthority; rootPem: string },
    backend: CountingBackend,
    proxy: TunnelProxy,
    content: Agreement,
  ) {
    this.#started = started
    this.script = started.script
    this.entries = started.entries
    this.backend = backend
    this.proxy = proxy
    this.#root = root
    this.#content = content
    this.agreement = agreementHash(content)
    this.#directories.push(started.directory)
  }

  /** The network without its gateways: directory, branch, wire. */
  static async open(
    answer?: Parameters<typeof startCountingBackend>[0],
    terms: Partial<Grant> = {},
  ): Promise<HostileNetwork> {
    const nowMs = Date.now()
    const root = await createNetworkRoot({ network: NETWORK, nowMs })
    const issuer = await createIssuingCa({ network: NETWORK, root, nowMs })
    const backend = await startCountingBackend(answer)
    const proxy = await startTunnelProxy()
    const started = await start()
    const roots = { issuer, rootPem: root.certificatePem }
    const network = new HostileNetwork(started, roots, backend, proxy, contentWith(terms))
    await network.#startBranch()
    for (const gateway of [started.dewa, started.rta]) await network.addLine(gateway)
    return network
  }

  get dewa(): TestGateway {
    return this.#started.dewa
  }

  get rta(): TestGateway {
    return this.#started.rta
  }

  /** Writes an honest entry into the log; every directory must take it. */
  publish(entry: string): void {
    for (const result of this.forge(entry)) assert.ok(result.applied, JSON.stringify(result))
  }

  /** Writes any entry into the log: every directory reads it, and judges for itself. */
  forge(entry: string): ReturnType<Directory['apply']>[] {
    this.entries.push(entry)
    return this.#directories.map((directory) => directory.apply(entry))
  }

  /** RTA and DEWA have both accepted the content. */
  async agree(): Promise<void> {
    this.publish(await this.script.agreement(this.agreement, this.dewa, this.rta))
  }

  /** A third member with one gateway; honest as far as the directory can see. */
  async admit(gateway: string): Promise<TestGateway> {
    const made = this.script.gateway(gateway)
    this.publish(await this.script.admission(made.member))
    this.publish(await this.script.enrolment(made, this.script.byRegistry))
    await this.addLine(made)
    return made
  }

  /** A line from a gateway: to the branch, or to another gateway. */
  async addLine({ gateway, member }: TestGateway, to: string = MORO): Promise<void> {
    const from = member.split('/').at(-1)?.toLowerCase()
    const line = {
      line: to === MORO ? `to-${from}` : `direct-${from}`,
      ends: [gateway, to],
      capacityMbps: 1,
      monthlyCostAed: 1,
      owner: member,
    }
    this.publish(
      await this.script.entry('line_registered', { ...line, riskGroups: [] }, this.script.byRegistry),
    )
  }

  /** A copy of the directory as somebody reads it who came now, kept fresh. */
  readDirectory(onEvent: (event: DirectoryEvent) => void = () => undefined): Directory {
    const directory = new Directory({ anchor: this.script.anchor, onEvent })
    for (const entry of this.entries) directory.apply(entry)
    this.#directories.push(directory)
    return directory
  }

  /** A certificate in that name over that key. */
  async identity(id: string, key: SoftwareSealKey): Promise<TlsIdentity> {
    const issued = await issueCertificate({
      ca: this.#root.issuer,
      csr: await createCertificateRequest(key),
      network: NETWORK,
      spiffeId: spiffeUri(NETWORK, id),
      validityHours: 24,
      nowMs: Date.now(),
    })
    return {
      id,
      certificateChainPem: issued.chainPem,
      privateKeyPem: key.privateKeyPem(),
      rootCertificatePem: this.#root.rootPem,
    }
  }

  /** Starts a gateway of the product; resolves when it is linked to the branch. */
  async startGateway(keys: TestGateway, config: Partial<GatewayConfig> = {}): Promise<RunningGateway> {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'wusla-hostile-'))
    this.#closing.push(async () => await rm(stateDirectory, { recursive: true }))
    await (await AgreementStore.open(stateDirectory)).put(this.#content)
    const { token, stored } = createApiToken('admin')
    await writeSettings(stateDirectory, memberOf(keys.gateway), this.backend.url)
    await writeFile(join(stateDirectory, 'api-tokens.json'), JSON.stringify([stored]))
    const told = new EventLog<GatewayEvent>()
    const refusals: DirectoryEvent[] = []
    const directory = this.readDirectory((event) => refusals.push(event))
    const held = { ...keys }
    let identity = await this.identity(keys.gateway, keys.tls)
    const handle = await startGateway({
      stateDirectory,
      config: {
        gateway: keys.gateway,
        anchor: 'anchor.json',
        registry: this.script.anchor.registryUrl,
        frontDoor: { http: '127.0.0.1:0' },
        admin: { listen: '127.0.0.1:0' },
        pathDeadlineMs: 1_500,
        keySettleMs: 100,
        ...config,
      },
      anchor: this.script.anchor,
      keys: held,
      keyChanger: {
        changeSeal: async (key) => {
          await Promise.resolve()
          held.seal = key
        },
        changeTls: async (key) => {
          identity = await this.identity(keys.gateway, key)
          held.tls = key
          handle.renewIdentity()
        },
      },
      directory,
      directoryReader: () => {
        throw new Error('nobody exports evidence here')
      },
      directoryStaleMs: () => 0,
      identity: () => identity,
      cosign: () => Promise.resolve(0),
      clock: systemClock,
      fetch: async (url, init) => await this.#registry(url, init),
      onEvent: told.sink,
    })
    this.#closing.push(handle.close)
    await told.seen('branch_linked')
    const admin = { url: handle.adminUrl, token }
    return { keys, directory, told, refusals, frontDoor: handle.frontDoorUrl, admin }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.toReversed()) await close()
    await this.proxy.close()
    await this.backend.close()
  }

  /** The registry as a gateway needs it to change its own keys; it does nothing else. */
  async #registry(address: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const url = address instanceof Request ? address.url : address.toString()
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as SignedChange) : undefined
    if (url.endsWith('/v1/certificates')) return Response.json({ certificateChain: '' })
    if (body === undefined || !url.endsWith('/v1/changes')) throw new Error('the registry is away')
    const [verdict] = this.forge(encodeSignedChange(body))
    if (verdict?.applied === true) return await Promise.resolve(Response.json({ index: verdict.index }))
    return Response.json({ code: 'change_refused', details: verdict }, { status: 422 })
  }

  async #startBranch(): Promise<void> {
    const tls = generateSealKey()
    const handle = await startBranch(
      {
        branch: MORO,
        controlListen: '127.0.0.1:0',
        tunnelListen: this.proxy.target,
        tunnelAnnounce: this.proxy.address,
      },
      {
        directory: branchDirectory(this.readDirectory()),
        identity: await this.identity(MORO, tls),
        clock: systemClock,
        onEvent: () => undefined,
      },
    )
    this.#closing.push(async () => await handle.close())
    const facts = {
      branch: MORO,
      host: this.dewa.member,
      controlAddress: handle.controlAddress,
      tunnelAddress: this.proxy.address,
      mirrorUrl: handle.httpUrl,
      tlsKey: publicKeyOf(tls),
      witnessKey: generateNoteKey(`wusla/${MORO}`, 'cosignature').vkey,
    }
    const by = [this.script.byRegistry, [MORO, tls]] as const
    this.publish(await this.script.entry('branch_commissioned', facts, ...by))
  }
}

/** A gateway knows the services and clients of its own member alone. */
async function writeSettings(stateDirectory: string, member: string, backendUrl: string): Promise<void> {
  const settings = {
    services: memberOf(BILLS) === member ? [{ service: BILLS, url: backendUrl }] : [],
    clients: memberOf(CLIENT) === member ? [{ client: CLIENT, rules: [{ kind: 'none' }] }] : [],
    mappedPorts: [],
  }
  await writeFile(join(stateDirectory, 'settings.json'), JSON.stringify(settings))
}

/** Calls the service through RTA's front door. */
export async function callBills(
  from: RunningGateway,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'x-road-client': CLIENT }
  const response = await fetch(`${from.frontDoor}/r1/${BILLS}/bills/7`, { ...init, headers })
  return { status: response.status, text: await response.text() }
}
