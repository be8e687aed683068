import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Directory } from '../../../src/directory/directory.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { verifyEvidence } from '../../../src/evidence/verify-evidence.ts'
import { formatEvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { AGREEMENT, setScene, unfold } from './vector.ts'
import type { VectorFile } from './vector.ts'

// The verifier replays the directory by itself instead of borrowing the follower's code. Here both judge the same entries.

const { anchors, fragments, vectors } = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as VectorFile

/** Whether a follower that has only these entries gives each of them an effect. */
function judge(entries: readonly string[], anchorName: string): boolean[] {
  const anchor = anchors[anchorName]
  assert.ok(anchor)
  const directory = new Directory({ anchor, onEvent: () => undefined })
  return entries.map((entry) => directory.apply(entry).applied)
}

function entriesOf(file: string): string[] {
  const { directory } = JSON.parse(unfold(file, fragments)) as EvidenceFile
  return directory.entries.map(({ entry }) => entry)
}

test('what the verifier accepts has an effect at every follower', () => {
  const accepted = vectors.filter(
    ({ expect, name }) => expect === 'ok' && !name.includes('the two parties only'),
  )
  assert.ok(accepted.length > 30)
  for (const { name, file, anchor } of accepted) {
    assert.ok(judge(entriesOf(file), anchor).every(Boolean), name)
  }
})

test('what the verifier refuses has no effect at any follower', () => {
  const refused = vectors.filter(({ name }) => name.startsWith('directory entry: '))
  assert.ok(refused.length > 70)
  for (const { name, file, anchor } of refused) {
    const applied = judge(entriesOf(file), anchor)
    assert.equal(applied.at(-1), false, name)
    assert.ok(applied.slice(0, -1).every(Boolean), name)
  }
})

test('the entries a follower picks for an export are just enough', async () => {
  const { network, rta, dewa, core, file } = await setScene()
  await network.admit('AE-DU/COM/BYSTANDER')
  await network.revoke(rta, 'superseded')
  const directory = new Directory({ anchor: network.anchor, onEvent: () => undefined })
  for (const entry of network.entries) assert.ok(directory.apply(entry).applied)
  const entries = directory.entriesFor({
    members: [rta.member, dewa.member],
    gateways: [rta.id, dewa.id],
    keys: [rta.seal.keyId, dewa.seal.keyId],
    agreement: AGREEMENT,
    witnesses: [core.witness.name],
  })
  assert.ok(entries.length < network.entries.length)
  const result = verifyEvidence(formatEvidenceFile(await file({ entries })), network.anchor)
  assert.ok(result.ok, JSON.stringify(result))
  assert.equal(result.facts.consumer.seal?.key, 'revoked_later')
  for (const left of entries.slice(1)) {
    const fewer = await file({ entries: entries.filter((index) => index !== left) })
    const answer = verifyEvidence(formatEvidenceFile(fewer), network.anchor)
    const isRevocation = left === network.entries.length - 1
    assert.equal(answer.ok, isRevocation, `without entry ${left}`)
  }
})
