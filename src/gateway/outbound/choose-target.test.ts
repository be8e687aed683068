import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../directory/testing/two-members.ts'
import { refusalOf, SERVICE } from '../testing/gateway-world.ts'
import { chooseTarget } from './choose-target.ts'

test('without a named gateway any gateway of the provider will do', async () => {
  const { directory } = await start()
  assert.deepEqual(chooseTarget(directory, SERVICE, undefined), { member: 'AE-DU/SEMI/DEWA' })
})

test('a named gateway of the provider is the only target', async () => {
  const { directory, dewa } = await start()
  assert.deepEqual(chooseTarget(directory, SERVICE, dewa.gateway), {
    member: dewa.member,
    gateway: dewa.gateway,
  })
})

test('a gateway of somebody else, an unknown or a retired one is refused', async () => {
  const { directory, dewa, rta, script, add } = await start()
  for (const named of [rta.gateway, `${dewa.member}/gw-9`]) {
    const refusal = await refusalOf(() => chooseTarget(directory, SERVICE, named))
    assert.equal(refusal.code, 'invalid_security_server')
    assert.deepEqual(refusal.details, { gateway: named, service: SERVICE })
  }
  add(await script.entry('gateway_retired', { gateway: dewa.gateway }, script.byRegistry))
  const refusal = await refusalOf(() => chooseTarget(directory, SERVICE, dewa.gateway))
  assert.equal(refusal.code, 'invalid_security_server')
})
