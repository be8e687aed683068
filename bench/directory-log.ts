import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { makeAcceptance } from '../src/agreements/acceptance.ts'
import type { Change, ChangeKind } from '../src/directory/change.ts'
import { freshnessLine } from '../src/directory/freshness.ts'
import type { LogSource } from '../src/directory/log-source.ts'
import { formatCheckpoint } from '../src/ledger/checkpoint.ts'
import { signNote } from '../src/ledger/signed-note.ts'
import { formatTime } from '../src/protocol/clock.ts'
import { CompactTree } from '../src/protocol/compact-tree.ts'
import { digest256 } from '../src/protocol/digest.ts'
import { leafHash } from '../src/protocol/merkle.ts'
import type { Anchor } from '../src/trust/anchor.ts'
import { createNetworkRoot } from '../src/trust/certificate-authority.ts'
import { generateNoteKey } from '../src/trust/note-key.ts'
import type { NoteSigner } from '../src/trust/note-key.ts'
import { createSealKey, generateSealKey } from '../src/trust/seal-key.ts'
import type { SoftwareSealKey } from '../src/trust/seal-key.ts'
import { encodeSignedChange, signChange } from '../src/trust/signed-change.ts'

/** How large the invented network is. */
export interface LogScale {
  readonly members: number
  readonly services: number
  readonly agreements: number
}

interface Member {
  readonly member: string
  readonly seal: SoftwareSealKey
}

const NETWORK = 'AE-DU'
const START_MS = Date.UTC(2026, 0, 1)

/** Writes the log of a network in which every member has one gateway and two systems. */
export async function inventLog(scale: LogScale): Promise<{ anchor: Anchor; source: LogSource }> {
  const writer = new LogWriter()
  const root = await createNetworkRoot({ network: NETWORK, nowMs: START_MS })
  const rootCertificate = Buffer.from(root.certificateDer).toString('base64url')
  const anchor: Anchor = {
    type: 'wusla/anchor/v1',
    network: NETWORK,
    registryKey: textOf(writer.registry),
    rootCertificate,
    logKey: writer.log.vkey,
    registryUrl: 'http://127.0.0.1:1',
  }
  const { registryKey, logKey } = anchor
  const facts = { registryKey, rootCertificate, logKey, name: nameOf('Network'), maxStalenessHours: 72 }
  await writer.add('network_founded', facts, ['registry', writer.registry])
  const members: Member[] = []
  for (let i = 0; i < scale.members; i += 1) members.push(await addMember(writer, i))
  for (let i = 0; i < scale.services; i += 1) await addService(writer, memberAt(members, i), i)
  for (let i = 0; i < scale.agreements; i += 1) {
    const step = 1 + Math.floor(i / members.length)
    await addAgreement(writer, memberAt(members, i), memberAt(members, i + step), i)
  }
  return { anchor, source: writer.source() }
}

class LogWriter {
  readonly registry: SoftwareSealKey = generateSealKey()
  readonly log: NoteSigner = generateNoteKey(`wusla/${NETWORK}/directory`)
  readonly #entries: Buffer[] = []
  readonly #tree = new CompactTree()
  #nowMs = START_MS

  get nowMs(): number {
    return this.#nowMs
  }

  async add(kind: ChangeKind, fields: object, ...by: (readonly [string, SoftwareSealKey])[]): Promise<void> {
    this.#nowMs += 1
    const facts = {
      ...fields,
      type: 'wusla/change/v1',
      kind,
      network: NETWORK,
      time: formatTime(this.#nowMs),
    }
    const change = facts as unknown as Change
    const signatures = await Promise.all(by.map(([name, key]) => signChange(change, name, key)))
    const entry = Buffer.from(encodeSignedChange({ change, signatures }), 'utf8')
    this.#entries.push(entry)
    this.#tree.append(leafHash(entry))
  }

  source(): LogSource {
    const size = this.#entries.length
    const text = formatCheckpoint({
      origin: this.log.name,
      size: BigInt(size),
      rootHash: this.#tree.root(),
      extensions: [],
    })
    const note = `${signNote(text, [this.log])}${freshnessLine(text, this.log, Date.now())}`
    return {
      checkpoint: () => ({ note, size }),
      waitBeyond: (_size, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      tile: () => Promise.resolve(undefined),
      entries: (from, to) => Promise.resolve(this.#entries.slice(from, to)),
    }
  }
}

async function addMember(writer: LogWriter, i: number): Promise<Member> {
  const member = `${NETWORK}/GOV/ENTITY-${i}`
  const gateway = `${member}/gw-1`
  const [seal, tls] = [freshKey(), freshKey()]
  await writer.add('member_admitted', { member, name: nameOf(`Entity ${i}`) }, ['registry', writer.registry])
  const keys = {
    sealKey: textOf(seal),
    tlsKey: textOf(tls),
    ledgerKey: generateNoteKey(`wusla/${gateway}`).vkey,
  }
  const enrolment = { gateway, member, ...keys, branches: [`${NETWORK}/branch/CORE`] }
  await writer.add('gateway_enrolled', enrolment, [gateway, seal], ['registry', writer.registry])
  for (const code of ['A', 'B']) {
    await writer.add('system_registered', { system: `${member}/${code}`, name: nameOf(`System ${code}`) }, [
      member,
      seal,
    ])
  }
  return { member, seal }
}

async function addService(writer: LogWriter, { member, seal }: Member, i: number): Promise<void> {
  const facts = {
    service: `${member}/${i % 2 === 0 ? 'A' : 'B'}/service-${i}`,
    serviceKind: 'api',
    xroadType: 'REST',
    name: nameOf(`Service ${i}`),
    operations: [
      { method: 'GET', path: '/items/*' },
      { method: 'POST', path: '/items' },
    ],
  }
  await writer.add('service_published', facts, [member, seal])
}

async function addAgreement(writer: LogWriter, a: Member, b: Member, i: number): Promise<void> {
  const agreement = digest256(`agreement ${i}`)
  const accept = ({ member, seal }: Member): Promise<string> =>
    makeAcceptance({ agreement, member, nowMs: writer.nowMs, key: seal })
  const facts = {
    agreement,
    parties: [a.member, b.member],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2029-01-01T00:00:00.000Z',
    acceptances: [await accept(a), await accept(b)],
  }
  await writer.add('agreement_effective', facts, ['registry', writer.registry])
}

function freshKey(): SoftwareSealKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  return createSealKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }))
}

function memberAt(members: readonly Member[], i: number): Member {
  const member = members[i % members.length]
  if (member === undefined) throw new RangeError('a network needs members')
  return member
}

function textOf(key: SoftwareSealKey): string {
  return Buffer.from(key.publicKeyDer).toString('base64url')
}

function nameOf(en: string): { ar: string; en: string } {
  return { ar: `اسم ${en}`, en }
}
