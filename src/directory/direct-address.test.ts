import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NETWORK } from './testing/scripted-network.ts'
import { assertRefused, DEWA, RTA, start } from './testing/two-members.ts'

const GATEWAY = `${DEWA}/gw-1`
const own = { gateway: GATEWAY, member: DEWA }
const announcement = { ...own, address: '10.1.2.3:7443' }

suite('direct addresses', () => {
  test('a member announces, changes and withdraws the address of its gateway', async () => {
    const network = await start()
    const { script, directory, dewa, add } = network
    assert.equal(directory.gateway(GATEWAY)?.direct, undefined)
    const before = directory.gateway(GATEWAY)
    add(await script.entry('gateway_direct_announced', announcement, [DEWA, dewa.seal]))
    assert.equal(directory.gateway(GATEWAY)?.direct?.address, '10.1.2.3:7443')
    const moved = { ...announcement, address: '[2001:db8::7]:443' }
    add(await script.entry('gateway_direct_announced', moved, [DEWA, dewa.seal]))
    assert.equal(directory.gatewaysOf(DEWA)[0]?.direct?.address, '[2001:db8::7]:443')
    add(await script.entry('gateway_direct_withdrawn', own, [DEWA, dewa.seal]))
    assert.equal(directory.gateway(GATEWAY)?.direct?.address, undefined)
    assert.equal(directory.gateway(GATEWAY)?.changedAt, before?.changedAt, 'no other change became older')
    const again = await script.entry('gateway_direct_withdrawn', own, [DEWA, dewa.seal])
    assertRefused(network, again, 'wrong_state')
  })

  test('nobody else announces: not the registry, not another member, not for another gateway', async () => {
    const network = await start()
    const { script, directory, dewa, rta } = network
    const sign = async (fields: typeof announcement, ...by: Parameters<typeof script.entry>[2][]) =>
      await script.entry('gateway_direct_announced', fields, ...by)
    assertRefused(network, await sign(announcement, script.byRegistry), 'missing_signature')
    assertRefused(network, await sign(announcement, [RTA, rta.seal]), 'missing_signature')
    assertRefused(network, await sign(announcement, [DEWA, rta.seal]), 'wrong_signer')
    assertRefused(network, await sign(announcement, [DEWA, dewa.tls]), 'wrong_signer')
    const both = await sign(announcement, [DEWA, dewa.seal], script.byRegistry)
    assertRefused(network, both, 'unexpected_signature')
    const foreign = { ...announcement, member: RTA }
    assertRefused(network, await sign(foreign, [RTA, rta.seal]), 'wrong_member')
    const unknown = { ...announcement, gateway: `${DEWA}/gw-9` }
    assertRefused(network, await sign(unknown, [DEWA, dewa.seal]), 'unknown_subject')
    assert.equal(directory.gateway(GATEWAY)?.direct, undefined)
  })

  test('an address is numeric, with a port', async () => {
    const network = await start()
    const { script, dewa } = network
    for (const address of [
      'gw.dewa.example:7443',
      '10.1.2.3',
      '10.1.2.3:0',
      '10.1.2.3:65536',
      '10.1.2:1',
      '[::1%1]:1',
    ]) {
      const entry = await script.entry('gateway_direct_announced', { ...own, address }, [DEWA, dewa.seal])
      assertRefused(network, entry, 'malformed')
    }
  })

  test('an old word is not said again, also after a retirement', async () => {
    const network = await start()
    const { script, entries, directory, dewa, add } = network
    add(await script.entry('gateway_direct_announced', announcement, [DEWA, dewa.seal]))
    const announced = entries.at(-1) ?? ''
    assertRefused(network, announced, 'not_newer')
    const withdrawn = await script.entry('gateway_direct_withdrawn', own, script.byRegistry)
    add(withdrawn)
    assertRefused(network, announced, 'not_newer')
    const second = script.gateway(`${DEWA}/gw-2`)
    add(await script.enrolment(second, [DEWA, dewa.seal]))
    add(await script.entry('gateway_direct_announced', announcement, [DEWA, second.seal]))
    const late = entries.at(-1) ?? ''
    add(await script.entry('gateway_retired', { gateway: GATEWAY }, [DEWA, second.seal]))
    assertRefused(network, late, 'unknown_subject')
    const back = script.gateway(GATEWAY)
    add(await script.enrolment(back, [DEWA, second.seal]))
    assert.equal(directory.gateway(GATEWAY)?.direct, undefined)
    assertRefused(network, late, 'not_newer')
  })

  test('a suspended member withdraws and announces nothing', async () => {
    const network = await start()
    const { script, directory, dewa, add } = network
    add(await script.entry('gateway_direct_announced', announcement, [DEWA, dewa.seal]))
    add(await script.entry('member_suspended', { member: DEWA, reason: 'audit' }, script.byRegistry))
    const again = await script.entry('gateway_direct_announced', announcement, [DEWA, dewa.seal])
    assertRefused(network, again, 'member_suspended')
    add(await script.entry('gateway_direct_withdrawn', own, [DEWA, dewa.seal]))
    assert.equal(directory.gateway(GATEWAY)?.direct?.address, undefined)
  })

  test('a withdrawal is of the own gateway', async () => {
    const network = await start()
    const { script, dewa, rta, add } = network
    add(await script.entry('gateway_direct_announced', announcement, [DEWA, dewa.seal]))
    const foreign = { ...own, member: RTA }
    const byOther = await script.entry('gateway_direct_withdrawn', foreign, [RTA, rta.seal])
    assertRefused(network, byOther, 'wrong_member')
    const nobody = { ...own, member: `${NETWORK}/GOV/DHA` }
    assertRefused(
      network,
      await script.entry('gateway_direct_withdrawn', nobody, script.byRegistry),
      'unknown_member',
    )
    assertRefused(
      network,
      await script.entry('gateway_direct_withdrawn', own, [RTA, rta.seal]),
      'missing_signature',
    )
  })
})
