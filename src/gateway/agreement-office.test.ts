import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Agreement, agreementHash, decodeAgreement, type Grant } from '../agreements/agreement.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { AgreementOffice } from './agreement-office.ts'
import type { RegistryClient } from './registry-client.ts'
import { openWorld, refusalOf } from './testing/gateway-world.ts'

interface Bench extends AsyncDisposable {
  readonly office: AgreementOffice
  /** What the registry was asked to file or to accept. */
  readonly signed: string[]
}

/** DEWA's office before a registry that has filed one content. */
async function openOffice(filed: Agreement): Promise<Bench> {
  const world = await openWorld('AE-DU/SEMI/DEWA')
  const signed: string[] = []
  const registry = {
    proposeAgreement: async (content: Agreement) => {
      await Promise.resolve(signed.push(agreementHash(content)))
    },
    acceptAgreement: async (hash: string) => {
      await Promise.resolve(signed.push(hash))
    },
    readAgreement: async () => await Promise.resolve({ content: filed }),
    listAgreements: async () =>
      await Promise.resolve([
        { hash: agreementHash(filed), content: filed, acceptedBy: [], status: 'draft' },
      ]),
  } as unknown as RegistryClient
  const office = new AgreementOffice({
    ...world,
    network: 'AE-DU',
    member: 'AE-DU/SEMI/DEWA',
    key: () => generateSealKey(),
    store: world.agreements,
    registry,
    verified: { failureOf: () => undefined },
    untilInForce: async () => await Promise.resolve(),
  })
  return { office, signed, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const terms: readonly { readonly grant: Partial<Grant>; readonly paths: readonly string[] }[] = [
  { grant: { retainPayload: true }, paths: ['/grants/0/retainPayload'] },
]

const pathsOf = (problems: unknown): string[] => (problems as { path: string }[]).map(({ path }) => path)

suite('nobody signs what the gateway does not enforce', () => {
  for (const { grant, paths } of terms) {
    test(paths.join(' and '), async () => {
      const content = draft({ grant, nonce: 'BBBBBBBBBBBBBBBBBBBBBA' })
      await using bench = await openOffice(content)
      const { type: _type, network: _network, ...proposal } = content
      for (const sign of [
        async () => await bench.office.propose(proposal),
        async () => await bench.office.accept(agreementHash(content)),
      ]) {
        const refusal = await refusalOf(sign)
        assert.equal(refusal.code, 'terms_not_enforced')
        assert.deepEqual(pathsOf(refusal.details['problems']), paths)
      }
      assert.deepEqual(bench.signed, [])
    })
  }

  test('such a content stays readable, and is listed as a draft', async () => {
    const content = draft({ grant: { retainPayload: true }, nonce: 'BBBBBBBBBBBBBBBBBBBBBA' })
    await using bench = await openOffice(content)
    assert.deepEqual(decodeAgreement(content), content)
    const listed = (await bench.office.list()).find(({ agreement }) => agreement === agreementHash(content))
    assert.deepEqual([listed?.status, listed?.content], ['draft', content])
  })

  test('terms that are enforced, and terms that demand nothing, are signed', async () => {
    const grant: Partial<Grant> = {
      clients: ['AE-DU/GOV/RTA/LICENSING'],
      purpose: ['licensing'],
      legalBasis: 'Law 26 of 2015',
      dataClass: 'secret',
      limits: { requestsPerSecond: 50, requestsPerDay: 100, bytesPerDay: 100 },
      hours: { timeZone: 'Asia/Dubai', days: [1], from: '08:00', until: '16:00' },
      transit: { avoid: ['AE-DU/branch/CORE'] },
      retainPayload: false,
      acknowledgementRequired: true,
    }
    const content = draft({ grant, nonce: 'BBBBBBBBBBBBBBBBBBBBBA' })
    await using bench = await openOffice(content)
    await bench.office.accept(agreementHash(content))
    assert.deepEqual(bench.signed, [agreementHash(content)])
  })
})
