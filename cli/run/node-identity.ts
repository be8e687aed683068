import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { TlsIdentity } from '../../src/transport/link-identity.ts'
import { type Anchor, rootCertificatePem } from '../../src/trust/anchor.ts'
import { createCertificateRequest } from '../../src/trust/certificate-request.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import type { SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { readCertificateChain } from './state-problems.ts'

/** Certificates are renewed this long after they were issued, over the same key, in milliseconds: 12 hours. */
const RENEW_AFTER_MS = 12 * 3_600_000
/** Pause after a renewal that failed, in milliseconds. The old certificate stays good for days. */
const RETRY_MS = 60_000

interface NodeIdentityOptions {
  readonly id: string
  readonly stateDirectory: string
  readonly anchor: Anchor
  /** The TLS key of the moment: a rotation puts another in place. */
  readonly tlsKey: () => SoftwareSealKey
  readonly registryUrl: string
  readonly onRenewed: (identity: TlsIdentity, validUntil: string) => void
  readonly onFailed: (detail: string) => void
}

/** The TLS identity of this node, kept fresh as long as the registry can be reached now and then. */
export class NodeIdentity {
  readonly #options: NodeIdentityOptions
  #current: TlsIdentity
  #timer: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()

  private constructor(options: NodeIdentityOptions, chain: string) {
    this.#options = options
    this.#current = identityOf(options, chain)
  }

  /** Reads the certificate chain from the state folder. @throws WuslaError `file_unreadable` */
  static async open(options: NodeIdentityOptions): Promise<NodeIdentity> {
    const { stateDirectory, anchor, id, tlsKey } = options
    const owner = { network: anchor.network, id, tlsKey: tlsKey() }
    return new NodeIdentity(options, await readCertificateChain(stateDirectory, owner))
  }

  /** Renews the certificate when it is old enough, until disposed of. */
  watch(): this {
    this.#plan(renewalDelay(this.#current.certificateChainPem))
    return this
  }

  current(): TlsIdentity {
    return this.#current
  }

  /** Shows another key with its certificate from now on. The caller has made both durable. */
  adopt(chain: string): void {
    this.#current = identityOf(this.#options, chain)
    this.#options.onRenewed(this.#current, new X509Certificate(chain).validToDate.toISOString())
    clearTimeout(this.#timer)
    this.#plan(RENEW_AFTER_MS)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#closing.abort()
  }

  #plan(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#renew(), Math.max(1_000, delayMs))
    this.#timer.unref()
  }

  async #renew(): Promise<void> {
    const { stateDirectory, registryUrl, onRenewed, onFailed } = this.#options
    const tlsKey = this.#options.tlsKey()
    try {
      const csr = await createCertificateRequest(tlsKey)
      const response = await fetch(`${registryUrl}/v1/certificates`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ csr }),
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(10_000)]),
      })
      if (!response.ok) throw new Error(`the registry answered ${response.status}`)
      const { certificateChain } = (await response.json()) as { certificateChain: string }
      // The key was rotated meanwhile, and its own certificate is in place.
      if (tlsKey !== this.#options.tlsKey()) return
      await writePrivateFile(join(stateDirectory, 'keys', 'chain.pem'), certificateChain)
      this.#current = identityOf(this.#options, certificateChain)
      onRenewed(this.#current, new X509Certificate(certificateChain).validToDate.toISOString())
      this.#plan(RENEW_AFTER_MS)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      onFailed(error instanceof Error ? error.message : String(error))
      this.#plan(RETRY_MS)
    }
  }
}

function identityOf({ id, anchor, tlsKey }: NodeIdentityOptions, chain: string): TlsIdentity {
  return {
    id,
    privateKeyPem: tlsKey().privateKeyPem(),
    certificateChainPem: chain,
    rootCertificatePem: rootCertificatePem(anchor),
  }
}

function renewalDelay(chain: string): number {
  return new X509Certificate(chain).validFromDate.getTime() + RENEW_AFTER_MS - Date.now()
}
