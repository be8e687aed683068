import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { enrolmentKey } from './enrolment-key.ts'
import { publicKeyOf } from './testing/scripted-network.ts'
import { assertRefused, BILLS, DEWA, RTA, start } from './testing/two-members.ts'

const HASH = digest256('an agreement')
const name = { ar: 'اسم', en: 'Name' }

suite('keys of a member', () => {
  test('a further gateway joins by a seal of the member or by its voucher', async () => {
    const { script, dewa, add, directory } = await start()
    const second = script.gateway(`${DEWA}/gw-2`)
    add(await script.enrolment(second, [DEWA, dewa.seal]))
    const third = script.gateway(`${DEWA}/gw-3`)
    const { secret, voucher } = await script.voucher(third.gateway, second)
    const change = script.enrolmentOf(third, voucher)
    add(await script.sign(change, [third.gateway, third.seal], enrolmentKey(secret).sign(change)))
    assert.equal(directory.gatewaysOf(DEWA).length, 3)
    const bound = generateSealKey()
    const key = { gateway: third.gateway, member: DEWA, use: 'seal', publicKey: publicKeyOf(bound) } as const
    add(await script.entry('key_bound', key, [DEWA, third.seal]))
    assert.deepEqual(directory.gateway(third.gateway)?.sealKeys, [third.seal.keyId, bound.keyId])
  })

  test('a registry that saw a voucher cannot enrol keys of its own with it', async () => {
    const network = await start()
    const { script, dewa, add } = network
    const honest = script.gateway(`${DEWA}/gw-2`)
    const { secret, voucher } = await script.voucher(honest.gateway, dewa)
    const change = script.enrolmentOf(honest, voucher)
    const holder = enrolmentKey(secret).sign(change)

    const posing = script.gateway(honest.gateway)
    const forged = script.enrolmentOf(posing, voucher)
    const own: [string, typeof posing.seal] = [posing.gateway, posing.seal]
    assertRefused(network, await script.sign(forged, own), 'bad_voucher')
    assertRefused(network, await script.sign(forged, own, holder), 'bad_signature')
    const otherToken = enrolmentKey(Buffer.alloc(32, 7).toString('base64url')).sign(forged)
    assertRefused(network, await script.sign(forged, own, otherToken), 'bad_voucher')
    const otherMember = await script.voucher(honest.gateway, { ...dewa, seal: network.rta.seal })
    const byOther = script.enrolmentOf(posing, otherMember.voucher)
    const otherHolder = enrolmentKey(otherMember.secret).sign(byOther)
    assertRefused(network, await script.sign(byOther, own, otherHolder), 'bad_voucher')

    add(await script.sign(change, [honest.gateway, honest.seal], holder))
    add(await script.entry('gateway_retired', { gateway: honest.gateway }, script.byRegistry))
    assertRefused(network, await script.sign(change, [honest.gateway, honest.seal], holder), 'not_newer')
  })

  test('a voucher is for one gateway and one time', async () => {
    const network = await start()
    const { script, dewa } = network
    const second = script.gateway(`${DEWA}/gw-2`)
    const expired = await script.voucher(second.gateway, dewa, '2026-01-01T00:00:00.000Z')
    const third = await script.voucher(`${DEWA}/gw-3`, dewa)
    for (const { secret, voucher } of [expired, third]) {
      const change = script.enrolmentOf(second, voucher)
      const entry = await script.sign(
        change,
        [second.gateway, second.seal],
        enrolmentKey(secret).sign(change),
      )
      assertRefused(network, entry, 'bad_voucher')
    }
  })

  test('nobody binds a seal key that it does not hold', async () => {
    const network = await start()
    const { script, dewa } = network
    const fresh = script.gateway(`${DEWA}/gw-2`)
    const change = script.enrolmentOf(fresh)
    const withoutOwn = await script.sign(change, [fresh.gateway, generateSealKey()], [DEWA, dewa.seal])
    assertRefused(network, withoutOwn, 'wrong_signer')
    const anothers = script.enrolmentOf({ ...fresh, seal: network.rta.seal })
    const stolen = await script.sign(anothers, [fresh.gateway, network.rta.seal], [DEWA, dewa.seal])
    assertRefused(network, stolen, 'key_known')
  })

  test('re-admission voids every key, lets the registry enrol once more, and wakes everybody', async () => {
    const network = await start()
    const { script, dewa, add, directory, events } = network
    add(await script.entry('member_readmitted', { member: DEWA, reason: 'all keys lost' }, script.byRegistry))
    const alarm = events.at(-1)
    assert.ok(
      alarm?.kind === 'member_readmitted' && alarm.member === DEWA && alarm.reason === 'all keys lost',
    )
    assert.equal(directory.activeSealKey(dewa.seal.keyId), undefined)
    assert.equal(directory.tlsKeyOwner(dewa.tls.keyId), undefined)
    const service = { service: BILLS, serviceKind: 'api', xroadType: 'REST', name } as const
    assertRefused(
      network,
      await script.entry('service_published', service, [DEWA, dewa.seal]),
      'wrong_signer',
    )
    add(await script.enrolment(script.gateway(dewa.gateway), script.byRegistry))
    const more = script.gateway(`${DEWA}/gw-2`)
    assertRefused(network, await script.enrolment(more, script.byRegistry), 'missing_signature')
    assertRefused(network, network.entries[2] ?? '', 'already_exists')
  })

  test('a revocation is not dated after itself, and a key is revoked for its own member only', async () => {
    const network = await start()
    const { script, dewa, rta } = network
    const revocation = { member: DEWA, key: dewa.seal.keyId, reason: 'r', at: '2027-01-01T00:00:00.000Z' }
    assertRefused(network, await script.entry('key_revoked', revocation, [DEWA, dewa.seal]), 'bad_time')
    const foreign = { ...revocation, member: RTA, at: script.now }
    assertRefused(network, await script.entry('key_revoked', foreign, [RTA, rta.seal]), 'wrong_member')
  })
})

suite('standing of a member', () => {
  test('a suspended member may protect itself and nothing else', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    add(await script.agreement(HASH, dewa, rta))
    add(await script.entry('member_suspended', { member: DEWA, reason: 'r' }, script.byRegistry))
    assert.equal(directory.member(DEWA)?.status, 'suspended')
    const system = { system: `${DEWA}/OTHER`, name }
    assertRefused(
      network,
      await script.entry('system_registered', system, [DEWA, dewa.seal]),
      'member_suspended',
    )
    const other = digest256('another')
    assertRefused(network, await script.agreement(other, dewa, rta), 'member_suspended')
    const change = { agreement: HASH, party: DEWA, reason: 'r' }
    add(await script.entry('agreement_suspended', change, [DEWA, dewa.seal]))
    assertRefused(
      network,
      await script.entry('agreement_resumed', change, [DEWA, dewa.seal]),
      'member_suspended',
    )
    add(await script.entry('service_withdrawn', { service: BILLS }, [DEWA, dewa.seal]))
    const revocation = { member: DEWA, key: dewa.tls.keyId, reason: 'r', at: script.now }
    add(await script.entry('key_revoked', revocation, [DEWA, dewa.seal]))
  })

  test('only the registry suspends and resumes, and an old resumption does not work again', async () => {
    const network = await start()
    const { script, dewa, add } = network
    const fields = { member: DEWA, reason: 'r' }
    assertRefused(
      network,
      await script.entry('member_suspended', fields, [DEWA, dewa.seal]),
      'missing_signature',
    )
    assertRefused(network, await script.entry('member_resumed', fields, script.byRegistry), 'wrong_state')
    add(await script.entry('member_suspended', fields, script.byRegistry))
    const resumed = await script.entry('member_resumed', fields, script.byRegistry)
    add(resumed)
    assertRefused(network, resumed, 'not_newer')
    add(await script.entry('member_suspended', fields, script.byRegistry))
    assertRefused(network, resumed, 'not_newer')
  })
})
