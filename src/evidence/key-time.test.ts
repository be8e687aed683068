import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime } from '../protocol/clock.ts'
import { exchangeOnPaper, fileOnPaper } from './testing/paper-exchange.ts'
import { DAY, MINUTE, sealOf, tellStory, verifyFile } from './testing/tell-story.ts'
import { AGREEMENT } from './testing/two-members.ts'

const REVOKED = ['request-key-time', 'key_revoked']

test('a seal that an independent witness saw before the revocation counts, whatever the reason', async () => {
  const { paper, fileOf } = await tellStory()
  await paper.network.revoke(paper.rta, 'stolen')
  assert.equal(sealOf(paper.network, await fileOf({ witnesses: [paper.core] })), 'revoked_later')
})

test('without a witness a seal of a key that was lost is refused', async () => {
  const { paper, fileOf } = await tellStory()
  await paper.network.revoke(paper.rta, 'stolen')
  assert.deepEqual(sealOf(paper.network, await fileOf()), REVOKED)
})

test('a witness in the house of a party is no help', async () => {
  const { paper, fileOf } = await tellStory()
  await paper.network.revoke(paper.rta, 'stolen')
  assert.deepEqual(sealOf(paper.network, await fileOf({ witnesses: [paper.moro] })), REVOKED)
})

test('a witness that came after the revocation is no help', async () => {
  const { paper, atMs, fileOf } = await tellStory()
  await paper.network.revoke(paper.rta, 'stolen')
  const file = await fileOf({ witnesses: [paper.core], witnessedMs: atMs + 61 * MINUTE + 1000 })
  assert.deepEqual(sealOf(paper.network, file), REVOKED)
})

for (const reason of ['superseded', 'retired']) {
  test(`a key that was ${reason} keeps its word for statements from before`, async () => {
    const { paper, fileOf } = await tellStory()
    await paper.network.revoke(paper.rta, reason)
    assert.equal(sealOf(paper.network, await fileOf()), 'revoked_later')
  })
}

test('a key that was superseded does not seal later', async () => {
  const { paper } = await tellStory()
  const { network, rta, dewa, core } = paper
  await network.revoke(rta, 'superseded')
  const nowMs = network.nowMs + MINUTE
  const exchange = exchangeOnPaper(rta, dewa, { nowMs, request: { agreement: AGREEMENT } })
  const file = await fileOnPaper({ network, holder: dewa, exchange, witnesses: [core] })
  assert.deepEqual(sealOf(network, file), REVOKED)
})

test('nobody takes back what was witnessed by dating a revocation back', async () => {
  const { paper, atMs, fileOf } = await tellStory()
  const at = formatTime(atMs - MINUTE)
  await paper.network.revoke(paper.rta, 'stolen', undefined, at)
  const file = await fileOf({ witnesses: [paper.core] })
  assert.equal(sealOf(paper.network, file), 'disputed')
  const result = verifyFile(paper.network, file)
  assert.equal(result.ok && result.facts.consumer.seal?.unsafeSince, at)
})

test('the registry may revoke a key; its reason counts like any other', async () => {
  const { paper, fileOf } = await tellStory()
  await paper.network.revoke(paper.rta, 'stolen', paper.network.by)
  assert.deepEqual(sealOf(paper.network, await fileOf()), REVOKED)
  assert.equal(sealOf(paper.network, await fileOf({ witnesses: [paper.core] })), 'revoked_later')
})

test('a gateway that was retired in good order keeps its word', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta } = paper
  await network.add('gateway_retired', { gateway: rta.id }, [rta.member, rta.seal])
  assert.equal(sealOf(network, await fileOf()), 'revoked_later')
})

test('a re-admission puts every key of the member in doubt', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta, core } = paper
  await network.add('member_readmitted', { member: rta.member, reason: 'all keys lost' }, network.by)
  assert.deepEqual(sealOf(network, await fileOf()), REVOKED)
  assert.equal(sealOf(network, await fileOf({ witnesses: [core] })), 'revoked_later')
})

test('the provider’s key is judged by the same rule', async () => {
  const { paper, fileOf } = await tellStory()
  await paper.network.revoke(paper.dewa, 'stolen')
  const result = verifyFile(paper.network, await fileOf())
  assert.deepEqual(result.ok ? 'verified' : [result.step, result.code], ['answer-key-time', 'key_revoked'])
})

test('a revocation that was left out shows with the complete directory', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta } = paper
  const revocation = await network.revoke(rta, 'stolen')
  const file = await fileOf({ entries: network.entries.map((_, at) => at).filter((at) => at !== revocation) })
  assert.equal(sealOf(network, file), 'active')
  assert.deepEqual(sealOf(network, file, { directoryEntries: network.entries }), REVOKED)
})

test('a revocation after the export shows with a later directory', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta } = paper
  const file = await fileOf()
  await network.revoke(rta, 'stolen')
  assert.equal(sealOf(network, file), 'active')
  assert.deepEqual(sealOf(network, file, { directoryEntries: network.entries }), REVOKED)
})

test('complete entries must lead to the directory checkpoint of the file', async () => {
  const { paper, fileOf } = await tellStory()
  const { network } = paper
  const file = await fileOf()
  const wrong = ['directory-complete', 'other_directory']
  assert.deepEqual(sealOf(network, file, { directoryEntries: network.entries.slice(0, -1) }), wrong)
  const reordered = network.entries.toReversed()
  assert.deepEqual(
    sealOf(network, file, { directoryEntries: [network.entries[0] ?? '', ...reordered] }),
    wrong,
  )
  assert.deepEqual(sealOf(network, file, { directoryEntries: [] }), wrong)
})

test('a statement from long before its key was bound', async () => {
  const { paper } = await tellStory()
  const { network, rta, dewa } = paper
  const nowMs = network.nowMs - 2 * DAY
  const exchange = exchangeOnPaper(rta, dewa, { nowMs, request: { agreement: AGREEMENT } })
  const file = await fileOnPaper({ network, holder: rta, exchange })
  assert.deepEqual(sealOf(network, file), ['request-key-time', 'bound_later'])
})

test('a statement dated long after a witness saw it', async () => {
  const { paper, atMs, fileOf } = await tellStory()
  const late = { witnesses: [paper.core], witnessedMs: atMs - 2 * DAY }
  assert.deepEqual(sealOf(paper.network, await fileOf(late)), ['ledger-witnesses', 'out_of_office'])
  paper.network.nowMs = atMs + 3 * DAY
  const { rta, dewa, network, core } = paper
  const exchange = exchangeOnPaper(rta, dewa, { nowMs: atMs + 3 * DAY, request: { agreement: AGREEMENT } })
  const file = await fileOnPaper({ network, holder: rta, exchange, witnesses: [core], witnessedMs: atMs })
  assert.deepEqual(sealOf(network, file), ['request-key-time', 'time_contradiction'])
})

test('a witness whose branch was retired signs no more', async () => {
  const { paper, atMs, fileOf } = await tellStory()
  const { network, core } = paper
  network.witnesses = []
  await network.add('branch_retired', { branch: core.id }, network.by)
  assert.equal(sealOf(network, await fileOf({ witnesses: [core] })), 'active')
  const file = await fileOf({ witnesses: [core], witnessedMs: atMs + 2 * 60 * MINUTE })
  assert.deepEqual(sealOf(network, file), ['ledger-witnesses', 'out_of_office'])
})
