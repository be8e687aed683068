import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { cosign, formatCheckpoint } from '../../ledger/checkpoint.ts'
import { signNote } from '../../ledger/signed-note.ts'
import { formatTime } from '../../protocol/clock.ts'
import { memberOf } from '../../protocol/identifier.ts'
import { leafHash, treeInclusionProof, treeRoot } from '../../protocol/merkle.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { createNetworkRoot } from '../../trust/certificate-authority.ts'
import { signJws } from '../../trust/jws.ts'
import { generateNoteKey } from '../../trust/note-key.ts'
import type { NoteSigner } from '../../trust/note-key.ts'
import { generateSealKey } from '../../trust/seal-key.ts'
import type { SoftwareSealKey } from '../../trust/seal-key.ts'
import { changeSigningBytes, encodeSignedChange, signChange } from '../../trust/signed-change.ts'
import type { Change, ChangeSignature } from '../../trust/signed-change.ts'
import { signVoucher } from '../../trust/voucher.ts'
import type { DirectoryReader, DirectorySubjects } from '../directory-reader.ts'

export const NETWORK = 'AE-DU'

/** A gateway with its keys, as a test holds it. */
export interface PaperGateway {
  readonly id: string
  readonly member: string
  readonly seal: SoftwareSealKey
  readonly tls: SoftwareSealKey
  readonly ledger: NoteSigner
}

/** A branch that witnesses. */
export interface PaperBranch {
  readonly id: string
  readonly host: string
  readonly tls: SoftwareSealKey
  readonly witness: NoteSigner
}

type Fields = Readonly<Record<string, unknown>>

/** Who signs: a name and a key. */
export type By = readonly [by: string, key: SoftwareSealKey]

export function publicKeyOf(key: SoftwareSealKey): string {
  return Buffer.from(key.publicKeyDer).toString('base64url')
}

export function newGateway(id: string): PaperGateway {
  const ledger = generateNoteKey(`wusla/${id}`)
  return { id, member: memberOf(id), seal: generateSealKey(), tls: generateSealKey(), ledger }
}

export function newBranch(id: string, host: string): PaperBranch {
  return { id, host, tls: generateSealKey(), witness: generateNoteKey(`wusla/${id}`, 'cosignature') }
}

/**
 * The directory of an invented network on paper: it signs whatever it is told, honest or not, and its time goes
 * on by one second with every change.
 */
export class PaperNetwork implements DirectoryReader {
  readonly network: string
  readonly registry: SoftwareSealKey = generateSealKey()
  readonly log: NoteSigner
  readonly anchor: Anchor
  readonly entries: string[] = []
  /** Cosign the latest checkpoint. */
  witnesses: PaperBranch[] = []
  nowMs: number = Date.UTC(2026, 10, 23, 7, 0, 0)

  private constructor(network: string, rootCertificate: string) {
    this.network = network
    this.log = generateNoteKey(`wusla/${network}/directory`)
    this.anchor = Object.freeze({
      type: 'wusla/anchor/v1',
      network,
      registryKey: publicKeyOf(this.registry),
      rootCertificate,
      logKey: this.log.vkey,
      registryUrl: 'http://127.0.0.1:1',
    })
  }

  /** A founded network without members. */
  static async create(network: string = NETWORK): Promise<PaperNetwork> {
    const root = await createNetworkRoot({ network, nowMs: Date.UTC(2026, 0, 1) })
    const paper = new PaperNetwork(network, Buffer.from(root.certificateDer).toString('base64url'))
    const { registryKey, rootCertificate, logKey } = paper.anchor
    const name = { ar: 'شبكة', en: 'A network' }
    await paper.add(
      'network_founded',
      { registryKey, rootCertificate, logKey, name, maxStalenessHours: 72 },
      paper.by,
    )
    return paper
  }

  get by(): By {
    return ['registry', this.registry]
  }

  get now(): string {
    return formatTime(this.nowMs)
  }

  change(kind: string, fields: Fields): Change {
    this.nowMs += 1000
    return { type: 'wusla/change/v1', kind, network: this.network, time: this.now, ...fields }
  }

  /** Signs a change and enters it. Gives its index. */
  async add(kind: string, fields: Fields, ...by: (By | ChangeSignature)[]): Promise<number> {
    return await this.enter(this.change(kind, fields), ...by)
  }

  async enter(change: Change, ...by: (By | ChangeSignature)[]): Promise<number> {
    const signatures: ChangeSignature[] = []
    for (const signer of by) {
      signatures.push('alg' in signer ? signer : await signChange(change, signer[0], signer[1]))
    }
    this.entries.push(encodeSignedChange({ change, signatures }))
    return this.entries.length - 1
  }

  async admit(member: string): Promise<number> {
    return await this.add('member_admitted', { member, name: { ar: `عضو ${member}`, en: member } }, this.by)
  }

  enrolment(gateway: PaperGateway, voucher?: string): Change {
    return this.change('gateway_enrolled', {
      gateway: gateway.id,
      member: gateway.member,
      sealKey: publicKeyOf(gateway.seal),
      tlsKey: publicKeyOf(gateway.tls),
      ledgerKey: gateway.ledger.vkey,
      branches: [],
      ...(voucher === undefined ? {} : { voucher }),
    })
  }

  /** The first gateway of a member, or a further one when a signature of the member is given. */
  async enrol(gateway: PaperGateway, ...others: By[]): Promise<number> {
    return await this.enter(this.enrolment(gateway), [gateway.id, gateway.seal], ...others)
  }

  /** A further gateway by a voucher that a gateway of the member gave to the holder of a token. */
  async enrolVouched(
    gateway: PaperGateway,
    by: PaperGateway,
    expires = '2027-01-01T00:00:00.000Z',
  ): Promise<number> {
    const seed = Buffer.alloc(32, 7)
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const token = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const key = createPublicKey(token).export({ format: 'jwk' }).x ?? ''
    const words = { gateway: gateway.id, member: gateway.member, secretHash: key, expires }
    const change = this.enrolment(gateway, await signVoucher(words, by.seal))
    const value = sign(null, changeSigningBytes(change), token).toString('base64url')
    return await this.enter(change, [gateway.id, gateway.seal], {
      alg: 'Ed25519',
      by: 'enrolment',
      key,
      value,
    })
  }

  async commission(branch: PaperBranch): Promise<number> {
    const addresses = {
      controlAddress: '127.0.0.1:1',
      tunnelAddress: '127.0.0.1:2',
      mirrorUrl: 'http://127.0.0.1:3',
    }
    const keys = { tlsKey: publicKeyOf(branch.tls), witnessKey: branch.witness.vkey }
    const fields = { branch: branch.id, host: branch.host, ...addresses, ...keys }
    return await this.add('branch_commissioned', fields, this.by, [branch.id, branch.tls])
  }

  /** @param signed - further words of it */
  async acceptance(agreement: string, gateway: PaperGateway, signed: Fields = {}): Promise<string> {
    const payload = { agreement, member: gateway.member, act: 'accept', time: this.now, ...signed }
    return await signJws({ typ: 'wusla-acceptance+jws', payload, key: gateway.seal })
  }

  async agree(agreement: string, a: PaperGateway, b: PaperGateway): Promise<number> {
    const acceptances = [await this.acceptance(agreement, a), await this.acceptance(agreement, b)]
    const times = { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2099-01-01T00:00:00.000Z' }
    const fields = { agreement, parties: [a.member, b.member], ...times, acceptances }
    return await this.add('agreement_effective', fields, this.by)
  }

  async revoke(gateway: PaperGateway, reason: string, by?: By, at?: string): Promise<number> {
    const fields = { member: gateway.member, key: gateway.seal.keyId, reason }
    const { time } = this.change('key_revoked', fields)
    this.nowMs -= 1000
    return await this.add('key_revoked', { ...fields, at: at ?? time }, by ?? [gateway.member, gateway.seal])
  }

  get size(): number {
    return this.entries.length
  }

  latestCheckpoint(): string {
    return this.checkpoint(this.entries.length)
  }

  /** The checkpoint over the first `size` entries, cosigned by the witnesses now. */
  checkpoint(size: number): string {
    const rootHash = treeRoot(this.entries.slice(0, size).map((entry) => leafHash(entry)))
    return signedCheckpoint(this.log, { size, rootHash }, this.witnesses, this.nowMs)
  }

  async entry(index: number): Promise<string> {
    return this.entries[index] ?? ''
  }

  async inclusionProof(index: number, size: number): Promise<Buffer[]> {
    return treeInclusionProof(
      this.entries.slice(0, size).map((entry) => leafHash(entry)),
      index,
    )
  }

  /** Loosely: every entry that names one of the subjects anywhere. */
  entriesFor(subjects: DirectorySubjects): number[] {
    const { members, agreement, witnesses = [] } = subjects
    const branches = witnesses.map((name) => name.replace('wusla/', ''))
    return this.entries.flatMap((text, index) => {
      const { change } = JSON.parse(text) as { change: Record<string, string | undefined> }
      const { kind = '', member, gateway, branch } = change
      const owner = member ?? (gateway === undefined ? undefined : memberOf(gateway))
      const isAboutMember = owner !== undefined && members.includes(owner)
      const named = [change['agreement'], change['supersedes']]
      const isPolicy = kind === 'signing_policy_set'
      const isAboutAgreement = agreement !== undefined && (named.includes(agreement) || isPolicy)
      const isAboutWitness = kind.startsWith('branch_') && branch !== undefined && branches.includes(branch)
      return index === 0 || isAboutMember || isAboutAgreement || isAboutWitness ? [index] : []
    })
  }
}

/** A checkpoint note by its log, cosigned by branches at a time. */
export function signedCheckpoint(
  log: NoteSigner,
  tree: { readonly size: number; readonly rootHash: Buffer },
  witnesses: readonly PaperBranch[],
  nowMs: number,
): string {
  const { size, rootHash } = tree
  const text = formatCheckpoint({ origin: log.name, size: BigInt(size), rootHash, extensions: [] })
  const lines = witnesses.map(({ witness }) => cosign(text, witness, Math.floor(nowMs / 1000)))
  return signNote(text, [log]) + lines.join('')
}
