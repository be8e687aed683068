import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementHash } from '../../src/agreements/agreement.ts'
import { setStage } from '../../src/agreements/testing/signing-stage.ts'
import { Directory } from '../../src/directory/directory.ts'
import { buildAgreementProof } from '../../src/evidence/agreement-proof.ts'
import type { DirectoryReader } from '../../src/evidence/directory-reader.ts'
import { agreeSigned, mandateId } from '../../src/evidence/testing/paper-signing.ts'
import { SIGNERS, signOnPaper, verifyOnPaper, withProof } from '../../src/evidence/testing/signed-on-paper.ts'
import { digest256 } from '../../src/protocol/digest.ts'

test('the entries that a follower of the directory picks are enough for a proof, and about nobody else', async () => {
  const paper = await signOnPaper({}, await setStage())
  const { network, dewa, rta, agreement } = paper
  const mandates = [[mandateId('dewa')], [mandateId('rta')]] as const
  const next = digest256('the next one')
  const change = { supersedes: agreement, validFrom: '2026-12-24T00:00:00.000Z' }
  await network.admit('AE-DU/COM/BYSTANDER')
  await agreeSigned(network, { agreement: next, parties: [dewa, rta], mandates, change })
  const directory = new Directory({ anchor: network.anchor, onEvent: () => undefined })
  for (const entry of network.entries) assert.ok(directory.apply(entry).applied)
  const reader: DirectoryReader = {
    size: network.size,
    latestCheckpoint: () => network.latestCheckpoint(),
    entry: async (index) => await network.entry(index),
    inclusionProof: async (index, size) => await network.inclusionProof(index, size),
    entriesFor: (subjects) => directory.entriesFor(subjects),
  }
  const parties = [dewa.member, rta.member]
  const text = await buildAgreementProof(reader, { agreement, parties, signers: SIGNERS })
  assert.doesNotMatch(text, /BYSTANDER/)
  const file = await withProof(paper, text)
  const told = async (now: string): Promise<unknown> => {
    const result = await verifyOnPaper(paper, file, { now })
    assert.ok(result.ok, JSON.stringify(result))
    const { standing, supersededBy } = result.facts.inDirectory ?? {}
    return [standing, supersededBy]
  }
  assert.deepEqual(await told('2026-12-23T23:59:59.999Z'), ['effective', next])
  assert.deepEqual(await told('2026-12-24T00:00:00.000Z'), ['superseded', next])
  assert.equal(agreement, agreementHash(paper.stage.content))
})

test('an agreement that the latest checkpoint does not cover has no proof yet', async () => {
  const { network, dewa, rta, agreement } = await signOnPaper({}, await setStage())
  const size = network.size - 1
  const early: DirectoryReader = {
    size,
    latestCheckpoint: () => network.checkpoint(size),
    entry: async (index) => await network.entry(index),
    inclusionProof: async (index, of) => await network.inclusionProof(index, of),
    entriesFor: (subjects) => network.entriesFor(subjects),
  }
  const about = { agreement, parties: [dewa.member, rta.member], signers: SIGNERS }
  await assert.rejects(buildAgreementProof(early, about), { code: 'agreement_not_found' })
})
