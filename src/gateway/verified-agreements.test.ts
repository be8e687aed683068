import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Agreement, agreementHash } from '../agreements/agreement.ts'
import type { DocumentResult } from '../agreements/signed-document-result.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import type { VerifyJob } from './documents/document-job.ts'
import { digest256 } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { SigningPolicy } from './signing/signing-ports.ts'
import { type SignedRecord, VerifiedAgreements } from './verified-agreements.ts'
import { VerifiedDocuments } from './verified-documents.ts'

const CONTENT = draft()
const HASH = agreementHash(CONTENT)
const PDF = Buffer.from('%PDF signed')
const [DEWA = '', RTA = ''] = CONTENT.parties.map(({ member }) => member)
const SIGNED = {
  [DEWA]: { signers: [{ field: 'Party1-1', mandate: 'm1', salt: 's1' }] },
  [RTA]: { signers: [{ field: 'Party2-1', mandate: 'm2', salt: 's2' }] },
}

/** Agreements of a directory, a registry and a verifier that do what a test says. */
class Bench implements AsyncDisposable {
  readonly folder: string
  readonly events: GatewayEvent[] = []
  documents: VerifiedDocuments
  verified: VerifiedAgreements
  record: SignedRecord = {
    agreement: HASH,
    parties: [DEWA, RTA],
    status: 'effective',
    document: digest256(PDF),
    signedUnder: [['m1'], ['m2']],
  }
  policy: SigningPolicy = { level: 'qualified', qualifiedPolicies: ['1.2'], roots: ['AAAA'] }
  /** The policy that stood when the agreement took effect. Default: `policy`. */
  policyThen: SigningPolicy | undefined
  policyIndex = 1
  content: Agreement | undefined = CONTENT
  pdf: Uint8Array = PDF
  signed: Readonly<Record<string, { readonly signers: (typeof SIGNED)[string]['signers'] }>> = SIGNED
  away = false
  verdict: DocumentResult | undefined
  readonly asked: VerifyJob[] = []
  fetched = 0

  private constructor(folder: string, documents: VerifiedDocuments) {
    this.folder = folder
    this.documents = documents
    this.verified = this.open()
  }

  static async open(): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'wusla-verified-'))
    return new Bench(folder, await VerifiedDocuments.open(folder))
  }

  open(testAuthorities = false): VerifiedAgreements {
    this.verified = new VerifiedAgreements({
      network: 'AE-DU',
      testAuthorities,
      directory: {
        signingPolicy: (agreement) => (agreement === HASH ? this.policyThen : undefined) ?? this.policy,
        mandate: () => undefined,
        mandateAt: () => ({ standing: 'unknown' }),
      },
      records: () => [this.record],
      policyIndex: () => this.policyIndex,
      contentOf: () => this.content,
      registry: {
        readAgreement: async () => {
          this.fetched += 1
          if (this.away) throw new WuslaError('registry_unreachable')
          return await Promise.resolve({ content: CONTENT, signed: this.signed })
        },
        readDocument: async () => await Promise.resolve({ document: this.pdf }),
      },
      documents: this.documents,
      typeset: async () => await Promise.resolve({ pdf: Buffer.from('%PDF'), places: [] }),
      verify: async (job) => {
        this.asked.push(job)
        return await Promise.resolve(this.verdict ?? ({ ok: true, facts: {} } as unknown as DocumentResult))
      },
      onVerified: () => undefined,
      onEvent: (event) => this.events.push(event),
    })
    return this.verified
  }

  /** Looks, waits until nothing runs, and tells why the agreement does not count. */
  async looked(): Promise<string | undefined> {
    this.verified.look()
    await this.verified.settled()
    return this.failure
  }

  get failure(): string | undefined {
    const failure = this.verified.failureOf(this.record)
    return failure === undefined ? undefined : `${failure.step}/${failure.failure}`
  }

  get alarms(): string[] {
    return this.events.flatMap((event) => (event.kind === 'alarm' ? [event.alarm] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.verified[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true })
  }
}

test('a signed agreement counts once its document was verified here, and is verified once', async () => {
  await using bench = await Bench.open()
  assert.equal(bench.failure, 'pending/pending')
  assert.equal(await bench.looked(), undefined)
  const [options, ...more] = bench.asked
  assert.equal(more.length, 0)
  assert.deepEqual(
    [options?.partial, options?.requireQualified, options?.allowTestRoot],
    [false, true, false],
  )
  assert.deepEqual(
    options?.signers.map(({ mandate }) => mandate),
    ['m1', 'm2'],
  )
  assert.ok(bench.events.some(({ kind }) => kind === 'agreement_verified'))
  await bench.looked()
  assert.equal(bench.fetched, 1)
  // What was verified is kept over a restart, also when the registry is away.
  bench.away = true
  bench.documents = await VerifiedDocuments.open(bench.folder)
  bench.open()
  assert.equal(await bench.looked(), undefined)
  assert.deepEqual(
    (await bench.documents.read(HASH))?.signers.map(({ field }) => field),
    ['Party1-1', 'Party2-1'],
  )
})

test('what was verified here a moment ago counts as it is, unless something differs', async () => {
  const signers = [...(SIGNED[DEWA]?.signers ?? []), ...(SIGNED[RTA]?.signers ?? [])]
  {
    await using b = await Bench.open()
    b.verified.note(HASH, PDF, signers)
    b.verified.look()
    await b.verified.settled()
    assert.deepEqual([b.verified.failureOf(b.record), b.fetched, b.asked.length], [undefined, 0, 0])
  }
  const others: readonly ((b: Bench) => void)[] = [
    (b) => b.verified.note(HASH, Buffer.from('%PDF another'), signers),
    (b) => b.verified.note(HASH, PDF, signers.slice(1)),
    (b) => {
      b.verified.note(HASH, PDF, signers)
      b.policyIndex = 2
    },
  ]
  for (const differ of others) {
    await using b = await Bench.open()
    differ(b)
    b.verified.look()
    await b.verified.settled()
    assert.equal(b.asked.length, 1)
  }
})

test('an agreement accepted by seal alone needs no document', async () => {
  await using bench = await Bench.open()
  const { document: _document, signedUnder: _signedUnder, ...record } = bench.record
  bench.record = record
  assert.equal(await bench.looked(), undefined)
  assert.equal(bench.fetched, 0)
})

test('another document, other mandates, or a document that is refused: nothing counts, and somebody is woken', async () => {
  const cases: readonly [string, (bench: Bench) => void][] = [
    ['file/not_as_rendered', (bench) => (bench.pdf = Buffer.from('%PDF another'))],
    ['mandates/mandate_unknown', (bench) => (bench.signed = { ...SIGNED, [RTA]: { signers: [] } })],
    [
      'signer-revocation/certificate_revoked',
      (bench) =>
        (bench.verdict = {
          ok: false,
          step: 'signer-revocation',
          code: 'certificate_revoked',
          message: 'revoked',
        }),
    ],
  ]
  for (const [failure, prepare] of cases) {
    await using bench = await Bench.open()
    prepare(bench)
    assert.equal(await bench.looked(), failure)
    assert.deepEqual(bench.alarms, ['agreement_not_verified'])
    assert.equal(await bench.documents.read(HASH), undefined)
    // It is not tried again with every change of the directory, but with a new policy.
    await bench.looked()
    assert.equal(bench.fetched, 1)
    bench.policyIndex = 2
    Object.assign(bench, { pdf: PDF, signed: SIGNED, verdict: undefined })
    assert.equal(await bench.looked(), undefined)
  }
})

test('a registry that is away is asked again, more and more seldom', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await using bench = await Bench.open()
  bench.away = true
  assert.equal(await bench.looked(), 'fetch/registry_unreachable')
  assert.deepEqual(bench.alarms, [])
  const after = async (ms: number): Promise<number> => {
    t.mock.timers.tick(ms)
    await bench.verified.settled()
    // The next pause is set once the attempt has ended.
    await new Promise((resolve) => setImmediate(resolve))
    return bench.fetched
  }
  assert.deepEqual([await after(999), await after(1), await after(1_999), await after(1)], [1, 2, 2, 3])
  bench.away = false
  assert.equal(await after(4_000), 4)
  assert.equal(bench.failure, undefined)
})

test('without its content an agreement waits, and a change of the contents brings it', async () => {
  await using bench = await Bench.open()
  bench.content = undefined
  assert.equal(await bench.looked(), 'pending/pending')
  assert.equal(bench.fetched, 0)
  bench.content = CONTENT
  assert.equal(await bench.looked(), undefined)
})

test('a policy that believes test authorities counts only where the configuration does', async () => {
  await using bench = await Bench.open()
  bench.policy = { ...bench.policy, testAuthorities: true }
  assert.equal(await bench.looked(), 'signer-path/test_root')
  await bench.looked()
  assert.deepEqual([bench.alarms, bench.fetched], [['test_authority'], 0])
  bench.open(true)
  assert.equal(await bench.looked(), undefined)
  assert.equal(bench.asked[0]?.allowTestRoot, true)
  // Verified once, and yet nothing where it must not be believed any more.
  bench.open(false)
  assert.equal(await bench.looked(), 'signer-path/test_root')
})

test('a signed agreement is verified by the policy that stood when it took effect, not by a newer one', async () => {
  await using bench = await Bench.open()
  bench.policyThen = { level: 'advanced', qualifiedPolicies: [], roots: ['BBBB'] }
  assert.equal(await bench.looked(), undefined)
  const [options] = bench.asked
  assert.deepEqual(options?.roots, [Buffer.from('BBBB', 'base64url')])
  assert.equal(options.requireQualified, false)
})
