import assert from 'node:assert/strict'
import { before, describe, it, test } from 'node:test'
import * as fc from 'fast-check'
import { attachProof } from '../agreements/attach-proof.ts'
import { MAX_PROOF_BYTES } from '../agreements/proof-size.ts'
import type { DocumentFacts } from '../agreements/signed-document-result.ts'
import { setStage, type SigningStage } from '../agreements/testing/signing-stage.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import type { AgreementProof } from './agreement-proof.ts'
import { PaperNetwork } from './testing/paper-network.ts'
import { agreeSigned, endMandate, mandateId, setPolicy } from './testing/paper-signing.ts'
import {
  proofOf,
  type SignedOnPaper,
  signOnPaper,
  type SignedWish,
  verifyOnPaper,
  withProof,
} from './testing/signed-on-paper.ts'

let stage: SigningStage
let paper: SignedOnPaper
let proof: AgreementProof

before(async () => {
  stage = await setStage()
  paper = await signOnPaper({}, stage)
  proof = JSON.parse(await proofOf(paper)) as AgreementProof
})

const outcomeOf = async (...question: Parameters<typeof verifyOnPaper>): Promise<string> => {
  const result = await verifyOnPaper(...question)
  return result.ok ? (result.facts.inDirectory?.standing ?? 'ok') : `${result.step}/${result.code}`
}

/** What becomes of the document with another proof. */
const withOther = async (other: object, options: Parameters<typeof verifyOnPaper>[2] = {}): Promise<string> =>
  await outcomeOf(paper, await withProof(paper, canonicalJson({ ...proof, ...other })), options)

const kindsOf = ({ entries }: AgreementProof): string[] =>
  entries.map(({ entry }) => (JSON.parse(entry) as { change: { kind: string } }).change.kind)

/** The usual network, and then something happens to it. */
async function after(
  act: (paper: SignedOnPaper) => Promise<unknown>,
  wish: SignedWish = {},
): Promise<{ paper: SignedOnPaper; proof: AgreementProof }> {
  const other = await signOnPaper(wish, stage)
  await act(other)
  return { paper: other, proof: JSON.parse(await proofOf(other)) as AgreementProof }
}

const without = (from: AgreementProof, kind: string): string => {
  const last = kindsOf(from).lastIndexOf(kind)
  assert.ok(last > 0, kind)
  return canonicalJson({ ...from, entries: from.entries.filter((_, place) => place !== last) })
}

describe('a proof', () => {
  it('must be in its one form', async () => {
    const file = async (text: string): Promise<string> => await outcomeOf(paper, await withProof(paper, text))
    assert.equal(await file(canonicalJson(proof)), 'effective')
    assert.equal(await file(JSON.stringify(proof, null, 1)), 'proof/proof_invalid')
    assert.equal(await file(''), 'proof/proof_invalid')
    assert.equal(await file('['.repeat(100_000)), 'proof/proof_invalid')
    assert.equal(await withOther({ more: 1 }), 'proof/proof_invalid')
    assert.equal(await withOther({ type: 'wusla/agreement-proof/v2' }), 'proof/proof_invalid')
    assert.equal(await withOther({ entries: [] }), 'proof/proof_invalid')
    const [signer] = proof.signers
    assert.equal(await withOther({ signers: [{ ...signer, salt: 'AAAA' }] }), 'proof/proof_invalid')
    assert.equal(await withOther({ signers: Array.from({ length: 5 }, () => signer) }), 'proof/proof_invalid')
    assert.equal(await file(' '.repeat(MAX_PROOF_BYTES + 1)), 'proof/proof_invalid')
  })

  it('must be of this agreement', async () => {
    const another = digest256('another agreement')
    assert.equal(await withOther({ agreement: another }), 'proof/proof_of_another')
    const before: SignedWish['before'] = async (network, dewa, rta) => {
      const mandates = [[mandateId('dewa')], [mandateId('rta')]] as const
      await agreeSigned(network, { agreement: another, parties: [dewa, rta], mandates })
    }
    const own = await signOnPaper({ before }, stage)
    const text = await proofOf({ ...own, agreement: another })
    assert.equal(await outcomeOf(own, await withProof(own, text)), 'proof/proof_of_another')
    // The right name over the entries of the other one.
    const renamed = canonicalJson({ ...(JSON.parse(text) as object), agreement: own.agreement })
    const less = without(JSON.parse(renamed) as AgreementProof, 'agreement_effective')
    assert.equal(await outcomeOf(own, await withProof(own, less)), 'seals/seals_missing')
  })

  it('must be under a checkpoint that the log of this network signed', async () => {
    const stranger = await PaperNetwork.create()
    const same = await signOnPaper({}, stage)
    for (const checkpoint of [
      stranger.latestCheckpoint(),
      same.network.latestCheckpoint(),
      proof.checkpoint.split('\n').slice(0, 4).join('\n'),
      proof.checkpoint.replace(/\n(\d+)\n/, '\n1\n'),
      'no note',
    ])
      assert.equal(await withOther({ checkpoint }), 'proof/proof_not_of_network', checkpoint)
    // All of another network with the same names.
    assert.equal(
      await outcomeOf(paper, await withProof(paper, await proofOf(same))),
      'proof/proof_not_of_network',
    )
    const unseen = proof.checkpoint.split('\n').slice(0, -2).join('\n')
    assert.equal(await withOther({ checkpoint: `${unseen}\n` }), 'effective')
  })

  it('must hold entries that are there, from the first on and in their order', async () => {
    const changed = proof.entries.map((each, place) =>
      place === 3 ? { ...each, entry: each.entry.replace('a', 'b') } : each,
    )
    assert.equal(await withOther({ entries: changed }), 'proof/proof_not_of_network')
    assert.equal(await withOther({ entries: proof.entries.toReversed() }), 'proof/proof_not_of_network')
    assert.equal(await withOther({ entries: proof.entries.slice(1) }), 'proof/proof_not_of_network')
    const moved = proof.entries.map((each, place) =>
      place === 3 ? { ...each, index: each.index + 1 } : each,
    )
    assert.equal(await withOther({ entries: moved }), 'proof/proof_not_of_network')
  })

  it('says whose mandate is whose, and cannot lie about it', async () => {
    const [one, two] = proof.signers
    assert.ok(one !== undefined && two !== undefined)
    assert.equal(
      await withOther({ signers: [one, { ...two, salt: one.salt }] }),
      'mandates/mandate_of_another',
    )
    const swapped = [
      { ...one, field: two.field },
      { ...two, field: one.field },
    ]
    assert.equal(await withOther({ signers: swapped }), 'mandates/mandate_of_another')
    assert.equal(await withOther({ signers: [one] }), 'mandates/mandate_missing')
    assert.equal(await withOther({ signers: [] }), 'mandates/mandate_missing')
    assert.equal(
      await withOther({ signers: [one, { ...two, mandate: mandateId('x') }] }),
      'mandates/mandate_unknown',
    )
  })
})

describe('what was left out of a proof', () => {
  it('is noticed where another entry needs it', async () => {
    for (const kind of ['mandate_granted', 'gateway_enrolled', 'member_admitted'])
      assert.equal(
        await outcomeOf(paper, await withProof(paper, without(proof, kind))),
        'proof/proof_incomplete',
        kind,
      )
    const bare = await withProof(paper, without(proof, 'agreement_effective'))
    assert.equal(await outcomeOf(paper, bare), 'seals/seals_missing')
    // Nobody is believed by a policy that is not shown.
    const noPolicy = await withProof(paper, without(proof, 'signing_policy_set'))
    assert.equal(await outcomeOf(paper, noPolicy), 'signer-path/certificate_path')
  })

  it('is noticed with all entries in hand, and not by the file alone, where nothing needs it', async () => {
    const early = await after(async (own) => {
      own.network.nowMs = Date.UTC(2026, 10, 29, 11)
      await endMandate(own.network, own.rta, mandateId('rta'))
    })
    const ended = await after(async ({ network, rta, agreement }) => {
      const act = { agreement, party: rta.member, reason: 'x' }
      await network.add('agreement_revoked', act, [rta.member, rta.seal])
    })
    const newer = await after(async () => undefined, {
      before: async (network) => {
        network.nowMs += 1000
        await setPolicy(network, { roots: ['MIIB'] })
      },
    })
    for (const [each, kind, real] of [
      [early, 'mandate_ended', 'mandates/mandate_not_valid'],
      [ended, 'agreement_revoked', 'revoked'],
      [newer, 'signing_policy_set', 'signer-path/certificate_path'],
    ] as const) {
      const whole = await withProof(each.paper)
      assert.equal(await outcomeOf(each.paper, whole), real, kind)
      const less = await withProof(each.paper, without(each.proof, kind))
      assert.equal(await outcomeOf(each.paper, less), 'effective', kind)
      const result = await verifyOnPaper(each.paper, less)
      assert.deepEqual(result.ok ? result.facts.notChecked : undefined, ['completeness'])
      const directoryEntries = each.paper.network.entries
      assert.equal(await outcomeOf(each.paper, less, { directoryEntries }), real, kind)
    }
  })

  it('all entries must lead to the checkpoint of the proof', async () => {
    const own = await signOnPaper({}, stage)
    const { network } = own
    const pdf = await withProof(own)
    const facts = await complete(own, pdf, { directoryEntries: network.entries })
    assert.deepEqual([facts.inDirectory?.isComplete, facts.notChecked], [true, []])
    const fewer = { directoryEntries: network.entries.slice(0, -1) }
    assert.equal(await outcomeOf(own, pdf, fewer), 'proof/proof_not_of_network')
    const others = { directoryEntries: (await signOnPaper({}, stage)).network.entries }
    assert.equal(await outcomeOf(own, pdf, others), 'proof/proof_not_of_network')
  })

  it('without a proof all entries show seals and standing, and no mandates', async () => {
    const facts = await complete(paper, paper.pdf, { directoryEntries: paper.network.entries })
    assert.equal(facts.inDirectory?.standing, 'effective')
    assert.deepEqual(facts.notChecked, ['mandates', 'completeness'])
  })
})

describe('in the document', () => {
  it('the proof that was attached last counts', async () => {
    const old = await withProof(paper)
    const ended = await after(async ({ network, rta, agreement }) => {
      await network.add('agreement_revoked', { agreement, party: rta.member, reason: 'x' }, [
        rta.member,
        rta.seal,
      ])
    })
    const own = { ...ended.paper, pdf: ended.paper.pdf }
    const first = await attachProof(own.pdf, without(ended.proof, 'agreement_revoked'))
    assert.equal(await outcomeOf(own, first), 'effective')
    assert.equal(await outcomeOf(own, await attachProof(first, await proofOf(own))), 'revoked')
    assert.equal(await outcomeOf(paper, await attachProof(old, 'nonsense')), 'proof/proof_invalid')
  })
})

test('no byte of a proof can be changed so that it says something else', async () => {
  const file = await withProof(paper)
  const facts = await complete(paper, file)
  const place = fc.integer({ min: paper.pdf.length, max: file.length - 1 })
  const property = fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, by) => {
    const changed = Uint8Array.from(file)
    changed[at] = (changed[at] ?? 0) ^ by
    const result = await verifyOnPaper(paper, changed)
    // White space around the objects says nothing.
    if (result.ok) assert.deepEqual({ ...result.facts, revisions: [] }, { ...facts, revisions: [] })
  })
  await fc.assert(property, { numRuns: 60 })
})

async function complete(...question: Parameters<typeof verifyOnPaper>): Promise<DocumentFacts> {
  const result = await verifyOnPaper(...question)
  assert.ok(result.ok, JSON.stringify(result))
  return result.facts
}
