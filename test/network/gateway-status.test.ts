import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BILLS, callBills, HostileNetwork, MORO, type RunningGateway } from '../hostile/hostile-network.ts'
import { untilTrue } from './running-sandbox.ts'

interface Status {
  readonly time: string
  readonly since: string
  readonly branches: readonly { readonly branch: string; readonly state: string; readonly rttMs?: number }[]
  readonly sessions: readonly {
    readonly gateway: string
    readonly path: readonly string[]
    readonly role: string
    readonly use: string
    readonly since: string
    readonly rttMs?: number
    readonly sent: number
    readonly served: number
    readonly bytesIn: number
    readonly bytesOut: number
  }[]
}

interface Paths {
  readonly code?: string
  readonly terms?: { readonly agreements: readonly string[] }
  readonly gateways: readonly {
    readonly gateway: string
    readonly sessions: readonly { readonly use: string }[]
    readonly ways: readonly { readonly use: string; readonly path: readonly string[] }[]
  }[]
}

async function ask({ admin }: RunningGateway, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${admin.token}` }
  const response = await fetch(`${admin.url}${path}`, { headers })
  return await response.json()
}

test('both ends tell the same of their session: path, round trip, exchanges and bytes', async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  const [rta, dewa] = [await network.startGateway(network.rta), await network.startGateway(network.dewa)]
  for (let call = 0; call < 2; call += 1) assert.equal((await callBills(rta)).status, 200)
  const statusOf = async (gateway: RunningGateway): Promise<Status> =>
    (await ask(gateway, '/v1/status')) as Status
  await untilTrue(async () => {
    const both = await Promise.all([rta, dewa].map(statusOf))
    return both.every(({ sessions }) => (sessions[0]?.rttMs ?? 0) > 0)
  })
  const [near, far] = [await statusOf(rta), await statusOf(dewa)]
  assert.deepEqual(
    [near, far].map(({ sessions: [session] }) => [
      session?.gateway,
      session?.path,
      session?.role,
      session?.use,
      session?.sent,
      session?.served,
    ]),
    [
      [network.dewa.gateway, [MORO], 'initiator', 'in_use', 2, 0],
      [network.rta.gateway, [MORO], 'acceptor', 'in_use', 0, 2],
    ],
  )
  for (const { sessions, branches, since, time } of [near, far]) {
    assert.deepEqual([branches[0]?.branch, branches[0]?.state, sessions.length], [MORO, 'up', 1])
    assert.ok((sessions[0]?.bytesIn ?? 0) > 1_000 && (sessions[0]?.bytesOut ?? 0) > 1_000)
    assert.ok(since <= (sessions[0]?.since ?? '') && (sessions[0]?.since ?? '') <= time)
  }
})

test('the paths to a member: what would be opened, then what is in use; who is asked for in vain is named', async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  const [rta, dewa] = [await network.startGateway(network.rta), await network.startGateway(network.dewa)]
  const pathsTo = async (to: string): Promise<Paths> =>
    (await ask(rta, `/v1/paths?to=${encodeURIComponent(to)}`)) as Paths
  await untilTrue(async () => (await pathsTo(network.dewa.member)).gateways[0]?.ways[0]?.use === 'next')
  assert.equal((await callBills(rta)).status, 200)
  for (const to of [network.dewa.member, dewa.keys.gateway, BILLS]) {
    const { gateways, terms } = await pathsTo(to)
    assert.deepEqual(
      gateways.map(({ gateway, ways }) => [gateway, ways.map(({ use, path }) => [use, path])]),
      [[network.dewa.gateway, [['in_use', [MORO]]]]],
    )
    assert.deepEqual(terms?.agreements, to === BILLS ? [network.agreement] : undefined)
  }
  const codes = ['AE-DU/GOV/NOBODY', 'AE-DU/GOV/DM/gw-9', `${BILLS}2`, 'x', network.rta.gateway].map(
    async (to) => (await pathsTo(to)).code,
  )
  assert.deepEqual(await Promise.all(codes), [
    'unknown_member',
    'unknown_gateway',
    'unknown_service',
    'invalid_identifier',
    'invalid_request',
  ])
})
