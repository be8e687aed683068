import { formatTime } from '../../protocol/clock.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { createNetworkRoot } from '../../trust/certificate-authority.ts'
import { newSecret } from '../../trust/enrolment-token.ts'
import { signJws } from '../../trust/jws.ts'
import { generateNoteKey } from '../../trust/note-key.ts'
import type { NoteSigner } from '../../trust/note-key.ts'
import { generateSealKey } from '../../trust/seal-key.ts'
import type { SoftwareSealKey } from '../../trust/seal-key.ts'
import { encodeSignedChange, signChange } from '../../trust/signed-change.ts'
import type { ChangeSignature } from '../../trust/signed-change.ts'
import { signVoucher } from '../../trust/voucher.ts'
import type { Change, ChangeKind, ChangeOf } from '../change.ts'
import { enrolmentKey } from '../enrolment-key.ts'

/** What a change says beyond its kind, network and time. */
type FieldsOf<Kind extends ChangeKind> = Omit<ChangeOf<Kind>, 'type' | 'kind' | 'network' | 'time'> & {
  time?: string
}

/** Who signs: a name for `by` and a key. */
export type By = readonly [by: string, key: SoftwareSealKey]

/** A gateway with its keys, as a test holds it. */
export interface TestGateway {
  readonly gateway: string
  readonly member: string
  readonly seal: SoftwareSealKey
  readonly tls: SoftwareSealKey
  readonly ledger: NoteSigner
}

export const NETWORK = 'AE-DU'
const START_MS = Date.UTC(2026, 10, 23, 7, 0, 0)

/**
 * Writes the entries of an invented network, honest or not: whatever it is told to sign, it signs. Its time goes on
 * by one second with every change.
 */
export class ScriptedNetwork {
  readonly registry: SoftwareSealKey = generateSealKey()
  readonly log: NoteSigner = generateNoteKey(`wusla/${NETWORK}/directory`)
  readonly anchor: Anchor
  #nowMs = START_MS

  private constructor(rootCertificate: string) {
    this.anchor = {
      type: 'wusla/anchor/v1',
      network: NETWORK,
      registryKey: Buffer.from(this.registry.publicKeyDer).toString('base64url'),
      rootCertificate,
      logKey: this.log.vkey,
      registryUrl: 'http://127.0.0.1:1',
    }
  }

  static async create(): Promise<ScriptedNetwork> {
    const root = await createNetworkRoot({ network: NETWORK, nowMs: START_MS })
    return new ScriptedNetwork(Buffer.from(root.certificateDer).toString('base64url'))
  }

  /** The present time of the script, as text. */
  get now(): string {
    return formatTime(this.#nowMs)
  }

  get byRegistry(): By {
    return ['registry', this.registry]
  }

  change<Kind extends ChangeKind>(kind: Kind, fields: FieldsOf<Kind>): Change {
    this.#nowMs += 1000
    return { type: 'wusla/change/v1', kind, network: NETWORK, time: this.now, ...fields } as unknown as Change
  }

  async entry<Kind extends ChangeKind>(kind: Kind, fields: FieldsOf<Kind>, ...by: By[]): Promise<string> {
    return await this.sign(this.change(kind, fields), ...by)
  }

  async sign(change: Change, ...by: (By | ChangeSignature)[]): Promise<string> {
    const signatures: ChangeSignature[] = []
    for (const signer of by) {
      signatures.push('alg' in signer ? signer : await signChange(change, signer[0], signer[1]))
    }
    return encodeSignedChange({ change, signatures })
  }

  async founding(): Promise<string> {
    const { registryKey, rootCertificate, logKey } = this.anchor
    const name = { ar: 'دبي', en: 'Dubai' }
    const facts = { registryKey, rootCertificate, logKey, name, maxStalenessHours: 72 }
    return await this.entry('network_founded', facts, this.byRegistry)
  }

  async admission(member: string): Promise<string> {
    return await this.entry('member_admitted', { member, name: { ar: member, en: member } }, this.byRegistry)
  }

  /** A gateway with new keys, not yet in any entry. */
  gateway(gateway: string): TestGateway {
    const member = gateway.split('/').slice(0, 3).join('/')
    const ledger = generateNoteKey(`wusla/${gateway}`)
    return { gateway, member, seal: generateSealKey(), tls: generateSealKey(), ledger }
  }

  enrolmentOf(gateway: TestGateway, voucher?: string): Change {
    return this.change('gateway_enrolled', {
      gateway: gateway.gateway,
      member: gateway.member,
      sealKey: publicKeyOf(gateway.seal),
      tlsKey: publicKeyOf(gateway.tls),
      ledgerKey: gateway.ledger.vkey,
      branches: [],
      ...(voucher === undefined ? {} : { voucher }),
    })
  }

  /** An enrolment signed by the gateway's new key and by whoever else is given. */
  async enrolment(gateway: TestGateway, ...others: By[]): Promise<string> {
    return await this.sign(this.enrolmentOf(gateway), [gateway.gateway, gateway.seal], ...others)
  }

  /** A token's secret and the voucher that a seal of the member gives for it. */
  async voucher(
    gateway: string,
    by: TestGateway,
    expires: string = '2027-01-01T00:00:00.000Z',
  ): Promise<Vouched> {
    const secret = newSecret()
    const secretHash = enrolmentKey(secret).publicKey
    const voucher = await signVoucher({ gateway, member: by.member, secretHash, expires }, by.seal)
    return { secret, voucher }
  }

  async acceptance(agreement: string, member: string, key: SoftwareSealKey): Promise<string> {
    const payload = { agreement, member, act: 'accept', time: this.now }
    return await signJws({ typ: 'wusla-acceptance+jws', payload, key })
  }

  /** An agreement of two gateways' members, accepted with the gateways' seals. */
  async agreement(hash: string, a: TestGateway, b: TestGateway): Promise<string> {
    return await this.entry(
      'agreement_effective',
      {
        agreement: hash,
        parties: [a.member, b.member],
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: '2027-01-01T00:00:00.000Z',
        acceptances: [
          await this.acceptance(hash, a.member, a.seal),
          await this.acceptance(hash, b.member, b.seal),
        ],
      },
      this.byRegistry,
    )
  }
}

export interface Vouched {
  readonly secret: string
  readonly voucher: string
}

export function publicKeyOf(key: SoftwareSealKey): string {
  return Buffer.from(key.publicKeyDer).toString('base64url')
}
