import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callAdmin } from '../../sandbox/drive.ts'
import { callBills, HostileNetwork, type RunningGateway } from './hostile-network.ts'

const BOUNDED = { timeout: 30_000 }

interface Keys {
  readonly keys: readonly { readonly gateway: string; readonly use: string; readonly key: string }[]
}

async function admin(
  gateway: RunningGateway,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  return await callAdmin(gateway.admin.url, gateway.admin.token, method, path, body)
}

async function keyOf(gateway: RunningGateway, use: string): Promise<string[]> {
  const { keys } = (await admin(gateway, 'GET', '/v1/keys')) as Keys
  return keys.filter((key) => key.use === use).map(({ key }) => key)
}

for (const use of ['seal', 'tls'] as const) {
  test(`a gateway rotates its ${use} key: calls go on meanwhile and afterwards`, BOUNDED, async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta, { pathDeadlineMs: 10_000 })
    assert.equal((await callBills(rta)).status, 200)
    const [old] = await keyOf(rta, use)
    const over = new AbortController()
    const statuses: number[] = []
    const calling = (async () => {
      while (!over.signal.aborted) statuses.push((await callBills(rta)).status)
    })()
    for (const gateway of [rta, dewa]) {
      const rotated = (await admin(gateway, 'POST', '/v1/keys/rotate', { use })) as { key: string }
      assert.deepEqual(await keyOf(gateway, use), [rotated.key])
    }
    over.abort()
    await calling
    assert.deepEqual([...new Set(statuses)], [200])
    assert.equal((await callBills(rta)).status, 200)
    const change = rta.directory[use === 'seal' ? 'sealKey' : 'tlsKey'](old ?? '')
    assert.ok(change?.revokedAt !== undefined)
    // The change was the member's own: nobody is woken.
    assert.ok(!rta.refusals.some(({ kind }) => kind === 'change_refused'))
  })
}

test(
  'a member revokes a key by itself: sessions over it end within 2 s although another is bound',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta)
    assert.equal((await callBills(rta)).status, 200)
    const spare = network.script.gateway(network.rta.gateway)
    const bound = { gateway: spare.gateway, member: spare.member, use: 'tls' } as const
    const publicKey = Buffer.from(spare.tls.publicKeyDer).toString('base64url')
    network.publish(
      await network.script.entry('key_bound', { ...bound, publicKey }, [spare.member, network.rta.seal]),
    )
    const key = network.rta.tls.keyId
    await assert.rejects(admin(rta, 'POST', '/v1/keys/revoke', { key, reason: 'stolen' }), /conflict/)
    const closed = dewa.told.seen('session_closed')
    const beganMs = performance.now()
    await admin(rta, 'POST', '/v1/keys/revoke', { key, reason: 'stolen', evenInUse: true })
    assert.equal((await closed).reason, 'key_revoked')
    assert.ok(performance.now() - beganMs < 2_000)
    assert.match((await callBills(rta)).text, /no_path/)
  },
)
