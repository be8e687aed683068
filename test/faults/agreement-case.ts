import assert from 'node:assert/strict'
import { makeAcceptance } from '../../src/agreements/acceptance.ts'
import { type Agreement, agreementHash } from '../../src/agreements/agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { Directory } from '../../src/directory/directory.ts'
import { grantMandate, setPolicy } from '../../src/directory/testing/grant-mandate.ts'
import { DEWA, RTA, type Started, start } from '../../src/directory/testing/two-members.ts'
import type { FileSystem } from '../../src/ledger/file-system.ts'
import { digest256 } from '../../src/protocol/digest.ts'
import { AgreementDesk } from '../../src/registry/agreement-desk.ts'
import { RequestDesk } from '../../src/registry/request-desk.ts'

/** The state folder of the registry on a disk in memory. */
export const ROOT = '/state'

/** Everything two members send to the registry, from the request for access to the second signature. */
export interface Case {
  readonly network: Started
  readonly request: object
  readonly first: Agreement
  readonly counter: Agreement
  readonly uploads: readonly {
    readonly member: string
    readonly document: Uint8Array
    readonly acceptance: string
    readonly signers: readonly { field: string; mandate: string; salt: string }[]
  }[]
}

export async function makeCase(): Promise<Case> {
  const network = await start()
  const { dewa, rta } = network
  await setPolicy(network)
  const first = draft()
  const counter = draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })
  const agreement = agreementHash(counter)
  const uploads: Case['uploads'][number][] = []
  let document = Buffer.from('%PDF-1.7 the terms')
  for (const gateway of [rta, dewa]) {
    const { member, seal: key } = gateway
    const { mandate, salt } = await grantMandate(network, gateway)
    document = Buffer.concat([document, Buffer.from(` signed by ${member}`)])
    const signed = { document: digest256(document), mandates: [mandate] }
    const acceptance = await makeAcceptance({ agreement, member, key, nowMs: Date.UTC(2026, 11, 1), signed })
    uploads.push({ member, document, acceptance, signers: [{ field: `of ${member}`, mandate, salt }] })
  }
  const request = {
    type: 'wusla/access-request/v1',
    network: 'AE-DU',
    consumer: RTA,
    provider: DEWA,
    services: [{ service: `${DEWA}/BILLING/bills`, operations: [{ method: 'GET', path: '/bills/*' }] }],
    purpose: ['licensing'],
    dataClass: 'open',
    days: 30,
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
  }
  return { network, request, first, counter, uploads }
}

/** The directory of one run: what was published stays, whatever becomes of the desk's disk. */
export class Published {
  readonly directory: Directory
  readonly hashes: string[] = []
  /** How often publishing still fails, before or after it has been done. */
  failures: ('before' | 'after')[] = []
  readonly #network: Started

  constructor(network: Started) {
    this.#network = network
    this.directory = new Directory({ anchor: network.script.anchor, onEvent: () => undefined })
    for (const entry of network.entries) this.directory.apply(entry, 'held')
  }

  async publishOwn(kind: string, fields: object): Promise<number> {
    assert.equal(kind, 'agreement_effective')
    const { script } = this.#network
    const entry = await script.entry('agreement_effective', fields as never, script.byRegistry)
    const failure = this.failures.shift()
    if (failure !== 'before') {
      const result = this.directory.apply(entry)
      assert.ok(result.applied, JSON.stringify(result))
      this.hashes.push((fields as { agreement: string }).agreement)
    }
    if (failure !== undefined) throw new Error('EIO: planned fault of the ledger')
    return this.directory.size - 1
  }
}

export interface Desks {
  readonly desk: AgreementDesk
  readonly requests: RequestDesk
}

/** Opens the desks on a disk. Their clock goes on by a millisecond whenever it is read. */
export async function openDesks(
  fs: FileSystem,
  publisher: Published,
  startMs: number = Date.UTC(2026, 11, 1),
): Promise<Desks> {
  let ms = startMs
  const clock = { nowMs: () => (ms += 1) }
  const shared = { stateDirectory: ROOT, fs, directory: publisher.directory, clock }
  const requests = await RequestDesk.open(shared)
  return { requests, desk: await AgreementDesk.open({ ...shared, publisher, requests }) }
}
