import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../sandbox/identity/testing/free-port.ts'
import { type Agreement, agreementHash, type Grant } from '../../src/agreements/agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { branchDirectory } from '../../src/branch/branch-directory.ts'
import { type BranchHandle, startBranch } from '../../src/branch/start-branch.ts'
import { Directory } from '../../src/directory/directory.ts'
import { publicKeyOf, type TestGateway } from '../../src/directory/testing/scripted-network.ts'
import { start, type Started } from '../../src/directory/testing/two-members.ts'
import { AgreementStore } from '../../src/gateway/agreement-store.ts'
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
import { spiffeUri } from '../../src/trust/tls-identity.ts'
import { type CountingBackend, startCountingBackend } from './counting-backend.ts'

const NETWORK = 'AE-DU'
export const CORE = `${NETWORK}/branch/CORE`
export const MORO = `${NETWORK}/branch/MORO`
export const DIB = `${NETWORK}/branch/DIB`
const CLIENT = `${NETWORK}/GOV/RTA/LICENSING`
const BILLS = `${NETWORK}/SEMI/DEWA/BILLING/bills`

/** A branch that can be stopped and started again on its ports. */
interface PlacedBranch {
  readonly tls: SoftwareSealKey
  handle: BranchHandle
  isUp: boolean
}

/** What a caller got. */
export interface Called {
  readonly status: number
  readonly text: string
  /** When the answer was there, in elapsed milliseconds. */
  readonly atMs: number
}

/**
 * RTA and DEWA with their real gateways and a line to each of three real branches that are all joined, in this process.
 * The registry is the test: what it writes, all directories read.
 */
export class TransitNetwork implements AsyncDisposable {
  readonly backend: CountingBackend
  readonly #started: Started
  readonly #content: Agreement
  readonly #issuer: CertificateAuthority
  readonly #rootPem: string
  readonly #directories: Directory[]
  readonly #branches = new Map<string, PlacedBranch>()
  readonly #closing: (() => Promise<unknown>)[] = []
  #frontDoor = ''

  private constructor(
    started: Started,
    content: Agreement,
    root: { readonly issuer: CertificateAuthority; readonly rootPem: string },
    backend: CountingBackend,
  ) {
    this.#started = started
    this.#content = content
    this.#issuer = root.issuer
    this.#rootPem = root.rootPem
    this.#directories = [started.directory]
    this.backend = backend
  }

  /**
   * Everything up and agreed.
   *
   * @param classes - the branches, each with the class it is commissioned with
   */
  static async open(
    transit: NonNullable<Grant['transit']>,
    classes: Readonly<Record<string, string>>,
  ): Promise<TransitNetwork> {
    const nowMs = Date.now()
    const root = await createNetworkRoot({ network: NETWORK, nowMs })
    const issuer = await createIssuingCa({ network: NETWORK, root, nowMs })
    const content = draft({
      grant: { transit },
      validFrom: '2020-01-01T00:00:00.000Z',
      validUntil: '2099-01-01T00:00:00.000Z',
    })
    const started = await start()
    const backend = await startCountingBackend()
    const network = new TransitNetwork(started, content, { issuer, rootPem: root.certificatePem }, backend)
    const { script, dewa, rta } = started
    for (const [branch, className] of Object.entries(classes)) await network.#place(branch, className)
    const ids = Object.keys(classes)
    for (const [at, branch] of ids.entries()) {
      for (const other of [rta.gateway, dewa.gateway, ...ids.slice(at + 1)])
        await network.#addLine(branch, other)
    }
    network.publish(await script.agreement(agreementHash(content), dewa, rta))
    await network.#startGateway(dewa)
    network.#frontDoor = await network.#startGateway(rta)
    return network
  }

  /** Writes an entry into the log; every directory must take it. */
  publish(entry: string): void {
    this.#started.entries.push(entry)
    for (const directory of this.#directories) {
      const result = directory.apply(entry)
      if (!result.applied) throw new Error(JSON.stringify(result))
    }
  }

  /** The operator puts a branch into a class. */
  async classify(branch: string, className: string): Promise<void> {
    const { script } = this.#started
    const fields = { branch, class: className }
    this.publish(await script.entry('branch_classed', fields, script.byRegistry))
  }

  async stop(branch: string): Promise<void> {
    const placed = this.#placed(branch)
    placed.isUp = false
    await placed.handle.close()
  }

  async startAgain(branch: string): Promise<void> {
    const { tls, handle } = this.#placed(branch)
    await this.#start(branch, tls, { control: handle.controlAddress, tunnel: handle.tunnelAddress })
  }

  /** Bytes of tunnels between the two gateways that a branch passed on; absent: it had none of them. */
  passedOn(branch: string): number | undefined {
    const [rta, dewa] = [this.#started.rta.gateway, this.#started.dewa.gateway]
    const pairs = this.#placed(branch)
      .handle.status()
      .pairs.filter(({ from, target }) => [from, target].every((end) => end === rta || end === dewa))
    if (pairs.length === 0) return undefined
    return pairs.reduce((sum, { bytesForward, bytesBack }) => sum + bytesForward + bytesBack, 0)
  }

  /** One call of RTA's system to DEWA's service. */
  async call(): Promise<Called> {
    const headers = { 'x-road-client': CLIENT, accept: 'application/json' }
    const response = await fetch(`${this.#frontDoor}/r1/${BILLS}/bills/7`, { headers })
    return { status: response.status, text: await response.text(), atMs: performance.now() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.toReversed()) await close()
    for (const { handle, isUp } of this.#branches.values()) if (isUp) await handle.close()
    await this.backend.close()
  }

  #placed(branch: string): PlacedBranch {
    const placed = this.#branches.get(branch)
    if (placed === undefined) throw new Error(`there is no ${branch}`)
    return placed
  }

  async #place(branch: string, className: string): Promise<void> {
    const tls = generateSealKey()
    // It comes back on these ports: none that the operating system gives to a connection meanwhile.
    const [control, tunnel] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const handle = await this.#start(branch, tls, { control, tunnel })
    const { script, dewa } = this.#started
    const facts = {
      branch,
      host: dewa.member,
      controlAddress: handle.controlAddress,
      tunnelAddress: handle.tunnelAddress,
      mirrorUrl: handle.httpUrl,
      tlsKey: publicKeyOf(tls),
      witnessKey: generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
      class: className,
    }
    this.publish(await script.entry('branch_commissioned', facts, script.byRegistry, [branch, tls]))
  }

  async #start(
    branch: string,
    tls: SoftwareSealKey,
    listen: { readonly control: string; readonly tunnel: string },
  ): Promise<BranchHandle> {
    const handle = await startBranch(
      { branch, controlListen: listen.control, tunnelListen: listen.tunnel },
      {
        directory: branchDirectory(this.#readDirectory()),
        identity: await this.#identity(branch, tls),
        clock: systemClock,
        onEvent: () => undefined,
      },
    )
    this.#branches.set(branch, { tls, handle, isUp: true })
    return handle
  }

  async #addLine(branch: string, other: string): Promise<void> {
    const { script } = this.#started
    const line = {
      line: `L${this.#started.entries.length}`,
      ends: [branch, other],
      capacityMbps: 100,
      monthlyCostAed: 1,
      owner: 'Operator',
      riskGroups: [],
    }
    this.publish(await script.entry('line_registered', line, script.byRegistry))
  }

  #readDirectory(): Directory {
    const directory = new Directory({ anchor: this.#started.script.anchor })
    for (const entry of this.#started.entries) directory.apply(entry)
    this.#directories.push(directory)
    return directory
  }

  async #identity(id: string, key: SoftwareSealKey): Promise<TlsIdentity> {
    const csr = await createCertificateRequest(key)
    const spiffeId = spiffeUri(NETWORK, id)
    const facts = { ca: this.#issuer, csr, network: NETWORK, spiffeId, validityHours: 24 }
    const { chainPem } = await issueCertificate({ ...facts, nowMs: Date.now() })
    const rootCertificatePem = this.#rootPem
    return { id, certificateChainPem: chainPem, privateKeyPem: key.privateKeyPem(), rootCertificatePem }
  }

  /** @returns the address of its front door */
  async #startGateway(keys: TestGateway): Promise<string> {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'wusla-transit-'))
    this.#closing.push(async () => await rm(stateDirectory, { recursive: true }))
    await (await AgreementStore.open(stateDirectory)).put(this.#content)
    const { gateway, member } = keys
    const settings = {
      services: memberOf(BILLS) === member ? [{ service: BILLS, url: this.backend.url }] : [],
      clients: memberOf(CLIENT) === member ? [{ client: CLIENT, rules: [{ kind: 'none' }] }] : [],
      mappedPorts: [],
    }
    await writeFile(join(stateDirectory, 'settings.json'), JSON.stringify(settings))
    const identity = await this.#identity(gateway, keys.tls)
    const away = (): never => {
      throw new Error('the registry is away')
    }
    const { anchor } = this.#started.script
    const handle = await startGateway({
      stateDirectory,
      config: {
        gateway,
        anchor: 'anchor.json',
        registry: anchor.registryUrl,
        frontDoor: { http: '127.0.0.1:0' },
        admin: { listen: '127.0.0.1:0' },
        pathDeadlineMs: 1_500,
      },
      anchor,
      keys,
      keyChanger: { changeSeal: away, changeTls: away },
      directory: this.#readDirectory(),
      directoryReader: away,
      directoryStaleMs: () => 0,
      identity: () => identity,
      cosign: () => Promise.resolve(0),
      clock: systemClock,
      fetch: away,
      onEvent: () => undefined,
    })
    this.#closing.push(handle.close)
    return handle.frontDoorUrl
  }
}
