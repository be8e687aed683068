import type { Directory } from '../directory/directory.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { createCertificateRequest } from '../trust/certificate-request.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import type { KeyChanger, NodeKeys } from './node-keys.ts'
import type { OwnChanges } from './own-changes.ts'
import type { PeerSessions } from './peer-sessions.ts'
import type { RegistryClient } from './registry-client.ts'

export type KeyUse = 'seal' | 'tls'

/** A key of this member that is active. */
export interface OwnKey {
  readonly gateway: string
  readonly use: KeyUse
  readonly key: string
  readonly boundAt: string
  /** Whether this gateway itself works with it. */
  readonly inUse: boolean
}

interface KeyOfficeOptions {
  readonly gateway: string
  readonly member: string
  readonly keys: NodeKeys
  readonly changer: KeyChanger
  readonly directory: Directory
  readonly ownChanges: OwnChanges
  readonly registry: Pick<RegistryClient, 'renewCertificate'>
  readonly sessions: Pick<PeerSessions, 'drain'>
  readonly clock: Clock
  /**
   * Time between binding a new key and using it, in milliseconds: peers and branches must have read the binding.
   * Default 4,000, twice the bound of propagation.
   */
  readonly settleMs?: number
}

/** Twice the time within which a change is in force at every connected gateway (design 3.1). */
const SETTLE_MS = 4_000

/** How long exchanges under way may go on over a session of the old key, in milliseconds. */
const DRAIN_MS = 15_000

/** Where a member ends and replaces its keys: by its own seal, which is the only one that may. */
export class KeyOffice {
  readonly #options: KeyOfficeOptions
  #isRotating = false

  constructor(options: KeyOfficeOptions) {
    this.#options = options
  }

  /** Every active key of this member, of all its gateways. */
  list(): OwnKey[] {
    const { directory, member } = this.#options
    return directory
      .gatewaysOf(member)
      .flatMap(({ gateway, sealKeys, tlsKeys }) => [
        ...sealKeys.map((key) => this.#shown(gateway, 'seal', key, directory.sealKey(key)?.boundAt)),
        ...tlsKeys.map((key) => this.#shown(gateway, 'tls', key, directory.tlsKey(key)?.boundAt)),
      ])
  }

  /**
   * Ends a key of this member for good; sessions over it are cut when the change arrives.
   *
   * @param wanted - `at`: since when it is believed unsafe, default now; `evenInUse`: also a key this gateway works
   * with, after which it cannot exchange or sign before it has enrolled anew
   * @throws WuslaError `unknown_key` when it is no active key of this member, `conflict` when it is in use here,
   * `registry_unreachable`, `change_refused`
   */
  async revoke(wanted: {
    readonly key: string
    readonly reason: string
    readonly at?: string
    readonly evenInUse?: boolean
  }): Promise<number> {
    const { member, ownChanges, clock } = this.#options
    const { key, reason } = wanted
    const known = this.list().find((own) => own.key === key)
    if (known === undefined) throw new WuslaError('unknown_key', { details: { key } })
    if (known.inUse && wanted.evenInUse !== true) {
      throw new WuslaError('conflict', {
        message:
          'This gateway works with the key. Rotate it instead, or confirm that the gateway shall stop.',
        details: { key, use: known.use },
      })
    }
    const at = formatTime(wanted.at === undefined ? clock.nowMs() : Date.parse(wanted.at))
    return await ownChanges.publish('key_revoked', { member, key, reason, at })
  }

  /**
   * Replaces this gateway's key of one use. Exchanges go on: the new key is bound and known to all before it is used,
   * sessions of the old one finish what they carry, and then every other key of that use is revoked. Interrupted at
   * any point, a second rotation starts over and clears up.
   *
   * @throws WuslaError `conflict` while another rotation runs, `registry_unreachable`, `change_refused`
   */
  async rotate(
    use: KeyUse,
    reason: string,
  ): Promise<{ readonly key: string; readonly revoked: readonly string[] }> {
    if (this.#isRotating) throw new WuslaError('conflict', { message: 'A key is being rotated already.' })
    this.#isRotating = true
    try {
      return await this.#rotate(use, reason)
    } finally {
      this.#isRotating = false
    }
  }

  async #rotate(use: KeyUse, reason: string): Promise<{ key: string; revoked: string[] }> {
    const { gateway, member, ownChanges, changer, registry, sessions } = this.#options
    const fresh = generateSealKey()
    const publicKey = Buffer.from(fresh.publicKeyDer).toString('base64url')
    await ownChanges.publish('key_bound', { gateway, member, use, publicKey })
    const chain = use === 'tls' ? await registry.renewCertificate(await createCertificateRequest(fresh)) : ''
    await new Promise((resolve) => setTimeout(resolve, this.#options.settleMs ?? SETTLE_MS))
    // Durable before the old key ends: a crash in between must not leave a gateway without any key.
    await (use === 'seal' ? changer.changeSeal(fresh) : changer.changeTls(fresh, chain))
    await sessions.drain(DRAIN_MS)
    const revoked = this.list().filter(
      (own) => own.gateway === gateway && own.use === use && own.key !== fresh.keyId,
    )
    for (const { key } of revoked) await this.revoke({ key, reason })
    return { key: fresh.keyId, revoked: revoked.map(({ key }) => key) }
  }

  #shown(gateway: string, use: KeyUse, key: string, boundAt = ''): OwnKey {
    const { keys } = this.#options
    return { gateway, use, key, boundAt, inUse: key === keys[use].keyId }
  }
}
