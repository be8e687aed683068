import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { NUMBERS, setStage, type SigningStage } from '../agreements/testing/signing-stage.ts'
import type { DocumentFacts } from '../agreements/signed-document-result.ts'
import { buildAgreementProof } from './agreement-proof.ts'
import { newGateway } from './testing/paper-network.ts'
import { endMandate, grantMandate, mandateId, setPolicy } from './testing/paper-signing.ts'
import {
  type SignedOnPaper,
  signOnPaper,
  type SignedWish,
  verifyOnPaper,
  withProof,
} from './testing/signed-on-paper.ts'

let stage: SigningStage
let paper: SignedOnPaper

before(async () => {
  stage = await setStage()
  paper = await signOnPaper({}, stage)
})

const factsOf = async (...question: Parameters<typeof verifyOnPaper>): Promise<DocumentFacts> => {
  const result = await verifyOnPaper(...question)
  assert.ok(result.ok, JSON.stringify(result))
  return result.facts
}

/** `step/code`, or how the agreement stands. */
const outcome = async (...question: Parameters<typeof verifyOnPaper>): Promise<string> => {
  const result = await verifyOnPaper(...question)
  return result.ok ? (result.facts.inDirectory?.standing ?? 'ok') : `${result.step}/${result.code}`
}

/** What becomes of a document of another network, by the anchor alone. */
const inNetwork = async (wish: SignedWish): Promise<string> => {
  const other = await signOnPaper(wish, stage)
  return await outcome(other, await withProof(other))
}

describe('by the anchor and the document with its proof alone', () => {
  it('document, officials, level, mandates, seals, inclusion and standing are proven', async () => {
    const { network, core, pdf } = paper
    const facts = await factsOf(paper, await withProof(paper))
    assert.deepEqual(
      facts.signatures.map(({ mandate, level, testAuthority }) => [
        mandate?.mandate,
        mandate?.member,
        level,
        testAuthority,
      ]),
      [
        [mandateId('dewa'), 'AE-DU/SEMI/DEWA', 'qualified', false],
        [mandateId('rta'), 'AE-DU/GOV/RTA', 'qualified', false],
      ],
    )
    assert.deepEqual(facts.inDirectory, {
      standing: 'effective',
      sealedBy: ['AE-DU/SEMI/DEWA', 'AE-DU/GOV/RTA'],
      entries: network.entries.length - 1,
      policy: { level: 'qualified', testAuthorities: false },
      checkpoint: {
        size: network.entries.length,
        witnesses: [{ branch: core.id, time: '2026-11-29T12:05:01.000Z' }],
      },
      isComplete: false,
    })
    assert.deepEqual(facts.notChecked, ['completeness'])
    const bare = await factsOf(paper, pdf, { roots: await rootsOf(paper) })
    assert.deepEqual(bare.notChecked, ['seals', 'mandates', 'standing'])
    assertNoNumber(inspect(facts, { depth: 9 }))
  })

  it('without a proof nobody is believed whom the verifier did not name', async () => {
    assert.equal(await outcome(paper, paper.pdf), 'proof/proof_missing')
    assert.equal(await outcome(paper, paper.pdf, { roots: await rootsOf(paper) }), 'ok')
  })

  it('own roots narrow those of the signing policy', async () => {
    const file = await withProof(paper)
    assert.equal(await outcome(paper, file, { roots: await rootsOf(paper) }), 'effective')
    assert.equal(await outcome(paper, file, { roots: [Buffer.from('another')] }), 'proof/certificate_path')
    assert.equal(await outcome(paper, file, { qualifiedPolicies: ['1.2.3'] }), 'signer-level/level_too_low')
  })

  it('the signing policy says which roots and which level', async () => {
    assert.equal(await inNetwork({ policy: { roots: ['MIIB'] } }), 'signer-path/certificate_path')
    const other = Buffer.from(stage.timeAuthority.certificate.toSchema().toBER()).toString('base64url')
    assert.equal(await inNetwork({ policy: { roots: [other] } }), 'signature-time/time_stamp_invalid')
    assert.equal(await inNetwork({ policy: { qualifiedPolicies: ['1.2.3'] } }), 'signer-level/level_too_low')
    assert.equal(await inNetwork({ policy: { level: 'advanced', qualifiedPolicies: [] } }), 'effective')
  })

  it('a policy that came later undoes nothing that was signed rightly', async () => {
    const later = await signOnPaper({}, stage)
    later.network.nowMs += 1000
    await setPolicy(later.network, { roots: ['MIIB'] })
    assert.equal(await outcome(later, await withProof(later)), 'effective')
  })

  it('test authorities are believed only where the signing policy says so, and it is told', async () => {
    const test = await setStage(undefined, 'Example TEST Root')
    const decent = await signOnPaper({}, test)
    assert.equal(await outcome(decent, await withProof(decent)), 'signer-path/test_root')
    const trying = await signOnPaper({ policy: { testAuthorities: true } }, test)
    const facts = await factsOf(trying, await withProof(trying))
    assert.deepEqual(facts.inDirectory?.policy, { level: 'qualified', testAuthorities: true })
    assert.ok(facts.signatures.every(({ testAuthority }) => testAuthority))
  })
})

describe('mandates, by the proof', () => {
  it('must have been valid when their officials signed', async () => {
    const expired = { validUntil: '2026-11-29T12:00:00.000Z' }
    assert.equal(await inNetwork({ mandates: [expired, {}] }), 'mandates/mandate_not_valid')
    assert.equal(await inNetwork({ mandates: [{}, expired] }), 'mandates/mandate_not_valid')
    assert.equal(await inNetwork({ mandates: [{ kinds: ['hosting'] }, {}] }), 'mandates/mandate_out_of_scope')
    assert.equal(
      await inNetwork({ mandates: [{ dataClassUpTo: 'open' }, {}] }),
      'mandates/mandate_out_of_scope',
    )
    assert.equal(await inNetwork({ mandates: [{ fourEyes: true }, {}] }), 'mandates/second_signer_missing')
  })

  it('that end later change nothing, and those that ended before do', async () => {
    const other = await signOnPaper({}, stage)
    await endMandate(other.network, other.dewa, mandateId('dewa'))
    assert.equal(await outcome(other, await withProof(other)), 'effective')
    const early = await signOnPaper({}, stage)
    early.network.nowMs = Date.UTC(2026, 10, 29, 11)
    await endMandate(early.network, early.rta, mandateId('rta'))
    assert.equal(await outcome(early, await withProof(early)), 'mandates/mandate_not_valid')
  })
})

describe('what the members sealed', () => {
  it('must be this very document', async () => {
    const document = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const mandates = [{ mandates: [mandateId('dewa')] }, { mandates: [mandateId('rta')] }] as const
    const sealed = [
      { document, ...mandates[0] },
      { document, ...mandates[1] },
    ] as const
    assert.equal(await inNetwork({ agreement: { document, sealed } }), 'seals/other_document')
    const copy = await signOnPaper({}, stage)
    // The same content and the same officials, and yet not what was sealed: they signed it a second time.
    assert.equal(await outcome(paper, await withProof({ ...paper, pdf: copy.pdf })), 'seals/other_document')
  })

  it('must be the mandates it was signed under', async () => {
    const mandates = [[mandateId('dewa')], [mandateId('rta'), mandateId('second')]] as const
    const wish: SignedWish = {
      before: (network, _, rta) => grantMandate(network, rta, 'second'),
      agreement: { mandates },
    }
    const sealedAs = (document: string): SignedWish => ({
      ...wish,
      agreement: {
        mandates,
        document,
        sealed: [
          { document, mandates: mandates[0] },
          { document, mandates: mandates[1] },
        ],
      },
    })
    const document = createHash('sha256').update(paper.pdf).digest('base64url')
    const other = await signOnPaper(sealedAs(document), stage)
    assert.equal(await outcome(other, await withProof({ ...other, pdf: paper.pdf })), 'seals/other_mandates')
  })

  it('must be between the parties of the content', async () => {
    const others = [newGateway('AE-DU/GOV/DHA/gw-1'), newGateway('AE-DU/COM/X/gw-1')] as const
    const document = createHash('sha256').update(paper.pdf).digest('base64url')
    const mandates = [[mandateId('one')], [mandateId('two')]] as const
    const other = await signOnPaper(
      {
        before: async (network) => {
          for (const [at, gateway] of others.entries()) {
            await network.admit(gateway.member)
            await network.enrol(gateway, network.by)
            await grantMandate(network, gateway, at === 0 ? 'one' : 'two')
          }
        },
        agreement: {
          parties: others,
          mandates,
          document,
          sealed: [
            { document, mandates: mandates[0] },
            { document, mandates: mandates[1] },
          ],
        },
      },
      stage,
    )
    const { network, agreement, signers, dewa, rta } = other
    const parties = [dewa, rta, ...others].map(({ member }) => member)
    const text = await buildAgreementProof(network, { agreement, parties, signers })
    assert.equal(
      await outcome(other, await withProof({ ...other, pdf: paper.pdf }, text)),
      'seals/seals_missing',
    )
  })

  it('is valid as the content says, whatever the registry says', async () => {
    const change = { validUntil: '2027-01-01T00:00:00.000Z' }
    const other = await signOnPaper({ agreement: { change } }, stage)
    const file = await withProof(other)
    assert.equal(await outcome(other, file, { now: '2028-01-01T00:00:00.000Z' }), 'effective')
  })

  it('is how the agreement stands', async () => {
    const other = await signOnPaper({}, stage)
    const act = { agreement: other.agreement, party: other.rta.member, reason: 'x' }
    const by = [other.rta.member, other.rta.seal] as const
    await other.network.add('agreement_suspended', act, by)
    assert.equal(await outcome(other, await withProof(other)), 'suspended')
    await other.network.add('agreement_revoked', act, by)
    assert.equal(await outcome(other, await withProof(other)), 'revoked')
    assert.equal(await outcome(paper, await withProof(paper), { now: '2099-01-01T00:00:00.000Z' }), 'expired')
  })
})

async function rootsOf({ stage: { root } }: SignedOnPaper): Promise<readonly Uint8Array[]> {
  return await Promise.resolve([new Uint8Array(root.certificate.toSchema().toBER())])
}

/** Digests are random, so it is the whole numbers that are looked for. */
function assertNoNumber(text: string): void {
  for (const number of NUMBERS) assert.ok(!text.includes(number), 'an identity number is shown')
}
