import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { testAnchor } from '../trust/testing/fixtures.ts'
import { agreementStanding } from './agreement-standing.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'

const AT = '2026-11-29T12:00:00.000Z'

test('the seals of both parties are verified, and the standing is that of the moment', async () => {
  const { network, rta, dewa, dha } = await twoMembers()
  const parties = [rta.member, dewa.member]
  const terms = { parties, validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2027-06-01T00:00:00.000Z' }
  const { entries, anchor } = network
  const ask = (at = AT, of = terms): string | undefined =>
    agreementStanding(entries, anchor, AGREEMENT, of, at)?.standing
  const found = agreementStanding(entries, anchor, AGREEMENT, terms, AT)
  assert.deepEqual(found, {
    standing: 'effective',
    sealedBy: [dewa.member, rta.member],
    entries: entries.length,
  })
  // By the content, though the directory says 2028.
  assert.equal(ask('2027-06-01T00:00:00.000Z'), 'expired')
  assert.equal(ask(AT, { ...terms, parties: [rta.member, dha.member] }), undefined)
  assert.equal(agreementStanding(entries, await testAnchor('AE-DU'), AGREEMENT, terms, AT), undefined)
  assert.equal(agreementStanding(entries.slice(0, -1), anchor, AGREEMENT, terms, AT), undefined)
  const act = { agreement: AGREEMENT, party: rta.member, reason: 'x' }
  await network.add('agreement_suspended', act, [rta.member, rta.seal])
  assert.equal(ask(), 'suspended')
  await network.add('agreement_revoked', act, [rta.member, rta.seal])
  assert.equal(ask(), 'revoked')
})

test('an agreement with the seal of another party is none', async () => {
  const { network, rta, dewa, dha } = await twoMembers()
  const validity = { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2028-01-01T00:00:00.000Z' }
  const terms = { parties: [rta.member, dewa.member], ...validity }
  const enter = async (agreement: string, second: typeof dewa): Promise<string | undefined> => {
    const acceptances = [
      await network.acceptance(agreement, rta),
      await network.acceptance(agreement, second),
    ]
    await network.add('agreement_effective', { agreement, ...terms, acceptances }, network.by)
    return agreementStanding(network.entries, network.anchor, agreement, terms, AT)?.standing
  }
  assert.equal(await enter(digest256('one'), dewa), 'effective')
  assert.equal(await enter(digest256('two'), dha), undefined)
})
