import type { TlsIdentity } from './link-identity.ts'
import { networkOf } from '../protocol/identifier.ts'
import {
  type CertificateAuthority,
  createIssuingCa,
  createNetworkRoot,
  issueCertificate,
} from '../trust/certificate-authority.ts'
import { createCertificateRequest } from '../trust/certificate-request.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { spiffeUri } from '../trust/tls-identity.ts'

/** For tests: what the directory says of a line. */
interface FixtureLine {
  readonly line: string
  readonly capacityMbps: number
  readonly monthlyCostAed: number
  readonly riskGroups: readonly string[]
}

/** For tests: a directory that is changed by hand. */
export class FixtureDirectory {
  readonly #owners = new Map<string, string>()
  readonly #branches = new Map<string, { controlAddress: string; tunnelAddress: string }>()
  readonly #lines: (FixtureLine & { readonly ends: readonly [string, string] })[] = []
  readonly #listeners = new Set<() => void>()

  bind(id: string, tlsKeyId: string): void {
    this.#owners.set(tlsKeyId, id)
    this.#changed()
  }

  /** Ends every key of a party. */
  retire(id: string): void {
    for (const [key, owner] of this.#owners) if (owner === id) this.#owners.delete(key)
    this.#changed()
  }

  placeBranch(id: string, controlAddress: string, tunnelAddress = ''): void {
    this.#branches.set(id, { controlAddress, tunnelAddress })
    this.#changed()
  }

  /** Registers a line; unless said otherwise one of 1,000 Mbit/s that costs nothing. */
  addLine(a: string, b: string, facts: Partial<FixtureLine> = {}): void {
    const line = `L${this.#lines.length + 1}`
    const plain = { line, capacityMbps: 1_000, monthlyCostAed: 0, riskGroups: [] }
    this.#lines.push({ ...plain, ...facts, ends: [a, b] })
    this.#changed()
  }

  get listeners(): number {
    return this.#listeners.size
  }

  readonly tlsKeyOwner = (tlsKeyId: string): string | undefined => this.#owners.get(tlsKeyId)

  readonly isActive = (id: string): boolean => [...this.#owners.values()].includes(id)

  readonly branch = (id: string): { controlAddress: string; tunnelAddress: string } | undefined =>
    this.#branches.get(id)

  readonly neighboursOf = (branch: string): string[] =>
    this.#lines.filter(({ ends }) => ends.includes(branch)).map(({ ends: [a, b] }) => (a === branch ? b : a))

  readonly linesBetween = (a: string, b: string): FixtureLine[] =>
    this.#lines.filter(({ ends }) => ends.includes(a) && ends.includes(b))

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** For tests: one network root and whatever identities are asked for. */
export interface LinkFixture {
  readonly directory: FixtureDirectory
  /** A new key with a certificate in that name, bound in the directory unless `bind` is false. */
  readonly identity: (
    id: string,
    options?: { bind?: boolean; ca?: CertificateAuthority },
  ) => Promise<TlsIdentity>
}

/** Makes the root, the issuing authority and an empty directory of a network. */
export async function createLinkFixture(network = 'AE-DU'): Promise<LinkFixture> {
  const nowMs = Date.now()
  const root = await createNetworkRoot({ network, nowMs })
  const issuer = await createIssuingCa({ network, root, nowMs })
  const directory = new FixtureDirectory()
  return {
    directory,
    async identity(id, { bind = true, ca = issuer } = {}) {
      const key = generateSealKey()
      const csr = await createCertificateRequest(key)
      const spiffeId = spiffeUri(networkOf(id), id)
      const issued = await issueCertificate({ ca, csr, network, spiffeId, validityHours: 24, nowMs })
      if (bind) directory.bind(id, issued.tlsKeyId)
      return {
        id,
        certificateChainPem: issued.chainPem,
        privateKeyPem: key.privateKeyPem(),
        rootCertificatePem: root.certificatePem,
      }
    },
  }
}
