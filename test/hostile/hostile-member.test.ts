import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newExchangeId } from '../../src/protocol/exchange-id.ts'
import { headDigest, requestHead } from '../../src/protocol/head.ts'
import type { IncomingAnswer } from '../../src/transport/incoming-answer.ts'
import type { Session } from '../../src/transport/session.ts'
import { BILLS, callBills, CLIENT, HostileNetwork } from './hostile-network.ts'
import { openRogue } from './rogue-gateway.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }

async function request(network: HostileNetwork, session: Session, client: string): Promise<IncomingAnswer> {
  const exchange = newExchangeId()
  const headerBlock = `x-road-client:${client}\r\nx-road-request-id:${exchange}\r\n`
  const words = { client, service: BILLS, method: 'POST', path: '/bills/7', agreement: network.agreement }
  const head = headDigest(requestHead('POST', BILLS, '/bills/7', undefined, headerBlock))
  const time = new Date().toISOString()
  return await session.request({ ...words, exchange, head, messageId: 'm-1', time }, headerBlock, null)
}

test(
  'a gateway that speaks in the name of another member gets a signed refusal, and the backend sees nothing',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const rogue = await network.admit('AE-DU/GOV/DHA/gw-1')
    const dewa = await network.startGateway(network.dewa)
    await using opened = await openRogue(network, rogue)
    for (const client of [CLIENT, 'AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA/BILLING']) {
      const { statement } = await request(network, opened.session, client)
      assert.equal(statement.error, 'invalid_signature')
    }
    const own = await request(network, opened.session, 'AE-DU/GOV/DHA/HEALTH')
    assert.equal(own.statement.error, 'access_denied', 'in its own name it has no agreement')
    assert.equal(network.backend.seen.length, 0)
    const failed = dewa.told.events.filter((event) => event.kind === 'exchange_failed')
    assert.deepEqual(
      failed.map(({ code, side }) => [code, side]),
      Array.from({ length: 3 }, () => ['wrong_peer', 'served']),
    )
  },
)

test('the same program with the right keys is served: nothing else kept the rogue out', BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  await network.startGateway(network.dewa)
  await using opened = await openRogue(network, network.rta)
  const { statement } = await request(network, opened.session, CLIENT)
  assert.equal(statement.status, 200)
  assert.equal(network.backend.seen.length, 1)
})

test(
  'a seal key that is revoked: its sessions end, and nothing sealed with it is served again',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    await using opened = await openRogue(network, network.rta)
    await request(network, opened.session, CLIENT)
    const { rta, script } = network
    const { now } = script
    const fields = { member: rta.member, key: rta.seal.keyId, reason: 'stolen', at: now }
    network.publish(await script.entry('key_revoked', fields, [rta.member, rta.seal]))
    await assert.rejects(request(network, opened.session, CLIENT))
    await dewa.told.seen('session_closed')
    assert.equal(network.backend.seen.length, 1)
  },
)

test(
  'a session that stands still is closed too when the last seal key of its peer ends',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    await using opened = await openRogue(network, network.rta)
    await dewa.told.seen('session_opened')
    const { rta, script } = network
    const fields = { member: rta.member, key: rta.seal.keyId, reason: 'stolen', at: script.now }
    network.publish(await script.entry('key_revoked', fields, script.byRegistry))
    const closed = await dewa.told.seen('session_closed')
    assert.equal(closed.peer, rta.gateway)
    assert.equal(closed.reason, 'key_revoked')
    await opened.session.closed
  },
)

test(
  'a registry that invents an agreement: every follower reports it, and the call stays denied',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta)
    const { script, agreement } = network
    // Both acceptances in one hand: that of RTA is by the registry's own key, then by DEWA's a second time.
    for (const key of [script.registry, network.dewa.seal]) {
      const forged = await script.agreement(agreement, network.dewa, { ...network.rta, seal: key })
      assert.ok(network.forge(forged).every(({ applied }) => !applied))
    }
    for (const { refusals } of [dewa, rta]) {
      assert.deepEqual(
        refusals.map((event) => event.kind === 'change_refused' && event.changeKind),
        ['agreement_effective', 'agreement_effective'],
      )
    }
    const denied = await callBills(rta)
    assert.ok(denied.text.includes('access_denied'), denied.text)
    await using opened = await openRogue(network, network.rta)
    const { statement } = await request(network, opened.session, CLIENT)
    assert.equal(statement.error, 'access_denied', 'the provider decides for itself')
    assert.equal(network.backend.seen.length, 0)
  },
)
