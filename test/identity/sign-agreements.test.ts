import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { digest256 } from '../../src/protocol/digest.ts'
import { DEWA, RTA, SigningNetwork, type SigningParty } from './signing-parties.ts'

let network: SigningNetwork
let dewa: SigningParty
let rta: SigningParty

before(async () => {
  network = await SigningNetwork.start()
  dewa = await network.party(DEWA)
  rta = await network.party(RTA)
  await dewa.grant('khalid')
  await rta.grant('noura')
})

after(async () => {
  await dewa[Symbol.asyncDispose]()
  await rta[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

const statusOf = async (party: SigningParty, id: string): Promise<string | undefined> =>
  (await party.office.list()).find((row) => row.id === id)?.status

test('from the draft to an access rule that both gateways verified', async () => {
  const agreement = await rta.propose()
  assert.equal(await statusOf(dewa, agreement), 'draft')
  const first = await rta.sign('noura', agreement)
  assert.deepEqual([first.status, first.signed], ['finished', [agreement]], JSON.stringify(first))
  const half = await dewa.office.read(agreement)
  assert.deepEqual([half.status, half.signedBy, half.missing], ['frozen', [RTA], [DEWA]])
  const second = await dewa.sign('khalid', agreement)
  assert.deepEqual([second.status, second.signed], ['finished', [agreement]], JSON.stringify(second))
  for (const party of [dewa, rta]) {
    const { directory } = party.follower
    await party.until(() => directory.agreement(agreement) !== undefined)
    const record = directory.agreement(agreement)
    assert.ok(record !== undefined)
    await party.until(() => party.open.verified.failureOf(record) === undefined)
    const kept = await party.open.verifiedDocuments.read(agreement)
    assert.equal(digest256(kept?.pdf ?? ''), record.document)
    const shown = await party.office.read(agreement)
    assert.deepEqual([shown.status, shown.isVerified, shown.missing], ['in_force', true, []])
    assert.deepEqual(
      shown.signatures.map(({ member, mandates }) => [member, mandates.map(({ office }) => office?.en)]),
      [
        [DEWA, ['Director of Data']],
        [RTA, ['Director of Data']],
      ],
    )
  }
})
