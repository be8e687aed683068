import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Directory } from '../../../src/directory/directory.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { verifyEvidence } from '../../../src/evidence/verify-evidence.ts'
import { exchangeOnPaper, fileOnPaper } from '../../../src/evidence/testing/paper-exchange.ts'
import {
  agreeSigned,
  endMandate,
  grantMandate,
  setPolicy,
} from '../../../src/evidence/testing/paper-signing.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import { formatEvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { AGREEMENT, MINUTE, setScene, unfold } from './vector.ts'
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
    ({ expect, name }) =>
      expect === 'ok' && !name.includes('the two parties only') && !name.endsWith(', left out'),
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

test('for an agreement that officials signed, the entries of its mandates and of what it superseded too', async () => {
  const { network, rta, dewa, core } = await setScene()
  await setPolicy(network)
  const first = await grantMandate(network, rta, '1', { delegable: true })
  const mandates = [
    [await grantMandate(network, dewa, 'dewa')],
    [await grantMandate(network, rta, '2', { delegatedFrom: first })],
  ] as const
  await grantMandate(network, rta, 'of no concern')
  const parties = [dewa, rta] as const
  const [second, third] = [digest256('a second'), digest256('a third')]
  await agreeSigned(network, { agreement: second, parties, mandates, change: { supersedes: AGREEMENT } })
  await agreeSigned(network, { agreement: third, parties, mandates, change: { supersedes: second } })
  await endMandate(network, rta, first)
  const directory = new Directory({ anchor: network.anchor, onEvent: () => undefined })
  for (const entry of network.entries) assert.ok(directory.apply(entry).applied)
  network.nowMs += MINUTE
  const request = { agreement: second }
  const exchange = exchangeOnPaper(rta, dewa, { nowMs: network.nowMs, size: 1, place: 0, request })
  const entries = directory.entriesFor({
    members: [rta.member, dewa.member],
    gateways: [rta.id, dewa.id],
    keys: [rta.seal.keyId, dewa.seal.keyId],
    agreement: second,
    witnesses: [core.witness.name],
  })
  const outcome = async (indexes: readonly number[]): Promise<string> => {
    const file = await fileOnPaper({ network, holder: rta, exchange, witnesses: [core], entries: indexes })
    const result = verifyEvidence(formatEvidenceFile(file), network.anchor)
    return result.ok ? result.facts.agreement.standing : result.code
  }
  assert.equal(await outcome(entries), 'superseded')
  const kinds = network.entries.map((text) => (JSON.parse(text) as { change: { kind: string } }).change.kind)
  // The policy, what came afterwards, and what ended it show nothing that gives another entry its effect.
  const spare = new Map([
    ['signing_policy_set', 'superseded'],
    ['mandate_ended', 'superseded'],
    ['agreement_effective', 'effective'],
  ])
  for (const left of entries.slice(1)) {
    const isLast = left === kinds.lastIndexOf('agreement_effective')
    const kind = kinds[left] ?? ''
    const wanted = kind !== 'agreement_effective' || isLast ? spare.get(kind) : undefined
    const answer = await outcome(entries.filter((index) => index !== left))
    assert.equal(
      answer === 'superseded' || answer === 'effective' ? answer : undefined,
      wanted,
      `${left} ${kind}`,
    )
  }
})
