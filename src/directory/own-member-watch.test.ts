import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DirectoryEvent } from './directory-event.ts'
import { enrolmentKey } from './enrolment-key.ts'
import { watchOwnMember } from './own-member-watch.ts'
import { grantMandate } from './testing/grant-mandate.ts'
import { DEWA, start } from './testing/two-members.ts'

test('a gateway that joins with our own voucher wakes nobody; one with another voucher of the member does', async () => {
  const { script, dewa, add, directory } = await start()
  const heard: DirectoryEvent[] = []
  const own = { member: DEWA, isOwnKey: (keyId: string) => keyId === dewa.seal.keyId }
  directory.onChange(watchOwnMember(own, (event) => heard.push(event)))
  const second = script.gateway(`${DEWA}/gw-2`)
  const first = await script.voucher(second.gateway, dewa)
  const change = script.enrolmentOf(second, first.voucher)
  add(await script.sign(change, [second.gateway, second.seal], enrolmentKey(first.secret).sign(change)))
  assert.equal(heard.length, 0)
  const third = script.gateway(`${DEWA}/gw-3`)
  const other = await script.voucher(third.gateway, second)
  const further = script.enrolmentOf(third, other.voucher)
  add(await script.sign(further, [third.gateway, third.seal], enrolmentKey(other.secret).sign(further)))
  const [alarm] = heard
  assert.ok(alarm?.kind === 'own_member_changed' && alarm.changeKind === 'gateway_enrolled')
})

test('a mandate that this gateway granted wakes nobody; one that another key of the member granted or ended does', async () => {
  const network = await start()
  const { script, dewa, rta, add, directory } = network
  const heard: DirectoryEvent[] = []
  const own = { member: DEWA, isOwnKey: (keyId: string) => keyId === dewa.seal.keyId }
  directory.onChange(watchOwnMember(own, (event) => heard.push(event)))
  const { mandate } = await grantMandate(network, dewa)
  await grantMandate(network, rta)
  assert.equal(heard.length, 0)
  const second = script.gateway(`${DEWA}/gw-2`)
  add(await script.enrolment(second, [DEWA, dewa.seal]))
  await grantMandate(network, second)
  add(await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'r' }, [DEWA, second.seal]))
  const kinds = heard.map((event) => event.kind === 'own_member_changed' && event.changeKind)
  assert.deepEqual(kinds, ['mandate_granted', 'mandate_ended'])
})
