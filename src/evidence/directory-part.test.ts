import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeOnPaper, fileOnPaper } from './testing/paper-exchange.ts'
import { newGateway } from './testing/paper-network.ts'
import { MINUTE, sealOf, tellStory, verifyFile } from './testing/tell-story.ts'
import { AGREEMENT } from './testing/two-members.ts'
import type { EvidenceFacts } from './verify-result.ts'

test('an entry of the file without an effect is refused: it may be a revocation whose signer was left out', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta, core } = paper
  const second = newGateway(`${rta.member}/gw-2`)
  const enrolment = await network.enrol(second, [rta.member, rta.seal])
  await network.revoke(rta, 'stolen', [rta.member, second.seal])
  const entries = network.entries.map((_, at) => at)
  assert.equal(sealOf(network, await fileOf({ witnesses: [core] })), 'revoked_later')
  const without = await fileOf({ entries: entries.filter((at) => at !== enrolment), witnesses: [core] })
  assert.deepEqual(sealOf(network, without), ['directory-rules', 'no_effect'])
})

test('further gateways come by a seal of the member or by a voucher and the token', async () => {
  const { paper } = await tellStory()
  const { network, rta, dewa } = paper
  const second = newGateway(`${rta.member}/gw-2`)
  const third = newGateway(`${rta.member}/gw-3`)
  await network.enrol(second, [rta.member, rta.seal])
  await network.enrolVouched(third, second)
  for (const gateway of [second, third]) {
    const exchange = exchangeOnPaper(gateway, dewa, {
      nowMs: network.nowMs,
      request: { agreement: AGREEMENT },
    })
    const file = await fileOnPaper({ network, holder: dewa, exchange })
    const facts: EvidenceFacts | undefined = ((result) => (result.ok ? result.facts : undefined))(
      verifyFile(network, file),
    )
    assert.equal(facts?.consumer.gateway, gateway.id)
  }
})

test('the registry alone cannot bring a further gateway in', async () => {
  const { paper, fileOf } = await tellStory()
  const { network, rta } = paper
  await network.enrol(newGateway(`${rta.member}/gw-2`), network.by)
  assert.deepEqual(sealOf(network, await fileOf()), ['directory-rules', 'no_effect'])
})

test('an expired voucher, and one whose token somebody else holds', async () => {
  for (const break_ of ['expired', 'unsigned'] as const) {
    const { paper, fileOf } = await tellStory()
    const { network, rta } = paper
    const further = newGateway(`${rta.member}/gw-2`)
    if (break_ === 'expired') await network.enrolVouched(further, rta, '2026-01-01T00:00:00.000Z')
    else {
      await network.enrolVouched(further, rta)
      const entry = network.entries.pop() ?? ''
      const { change } = JSON.parse(entry)
      await network.enter(change, [further.id, further.seal])
    }
    assert.deepEqual(sealOf(network, await fileOf()), ['directory-rules', 'no_effect'], break_)
  }
})

test('the standing of members and of the agreement at the time is told', async () => {
  const { paper, atMs, fileOf } = await tellStory()
  const { network, dewa, rta } = paper
  const facts = async (): Promise<unknown[]> => {
    const result = verifyFile(network, await fileOf())
    assert.ok(result.ok, JSON.stringify(result))
    return [result.facts.agreement.standing, result.facts.consumer.standing]
  }
  assert.deepEqual(await facts(), ['effective', 'active'])
  network.nowMs = atMs - MINUTE
  await network.add('agreement_suspended', { agreement: AGREEMENT, party: dewa.member, reason: 'r' }, [
    dewa.member,
    dewa.seal,
  ])
  assert.deepEqual(await facts(), ['suspended', 'active'])
  await network.add('agreement_resumed', { agreement: AGREEMENT, party: dewa.member, reason: 'r' }, [
    dewa.member,
    dewa.seal,
  ])
  assert.deepEqual(await facts(), ['effective', 'active'])
  await network.add('agreement_revoked', { agreement: AGREEMENT, party: rta.member, reason: 'r' }, [
    rta.member,
    rta.seal,
  ])
  assert.deepEqual(await facts(), ['revoked', 'active'])
  await network.add('member_suspended', { member: rta.member, reason: 'r' }, network.by)
  assert.deepEqual(await facts(), ['revoked', 'suspended'])
})

test('an agreement nobody knows: only a refusal is provable', async () => {
  const { paper } = await tellStory()
  const { network, rta, dewa, dha } = paper
  const unknown = { agreement: rta.seal.keyId }
  const nowMs = network.nowMs
  const served = exchangeOnPaper(rta, dewa, { nowMs, request: unknown })
  const missing = await fileOnPaper({ network, holder: rta, exchange: served })
  assert.deepEqual(sealOf(network, missing), ['agreement', 'agreement_missing'])
  const refused = exchangeOnPaper(rta, dewa, {
    nowMs,
    request: unknown,
    answer: { status: 403, error: 'access_denied' },
  })
  const result = verifyFile(network, await fileOnPaper({ network, holder: dewa, exchange: refused }))
  assert.equal(result.ok && result.facts.agreement.standing, 'unknown')
  assert.equal(result.ok && result.facts.answer?.error, 'access_denied')
  const others = await fileOnPaper({
    network,
    holder: dewa,
    exchange: exchangeOnPaper(dha, dewa, {
      nowMs,
      request: { agreement: AGREEMENT, client: `${dha.member}/X` },
    }),
  })
  assert.deepEqual(sealOf(network, others), ['agreement', 'other_parties'])
})
