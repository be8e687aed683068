import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { readLinkState } from './link-state.ts'

const [CORE, MORO] = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO']
const [RTA, DEWA] = ['AE-DU/GOV/RTA/gw-1', 'AE-DU/SEMI/DEWA/gw-1']

/** A branch that tells a status of its own each time it is asked; without one left it is silent. */
async function branchTelling(statuses: object[]): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => {
    const status = statuses.shift()
    response.writeHead(status === undefined ? 403 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status ?? {}))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

test('round trips are taken as told, traffic is what passed between two questions, once however many counted it', async () => {
  const pair = (bytesForward: number, bytesBack: number): object[] => [
    { from: RTA, target: DEWA, bytesForward, bytesBack },
  ]
  const links = [{ branch: MORO, rttMs: 0.8 }, { branch: 'AE-DU/branch/DOWN' }]
  const core = await branchTelling([
    { branch: CORE, links, pairs: pair(1_000, 5_000) },
    { branch: CORE, links, pairs: pair(126_000, 1_255_000) },
  ])
  const moro = await branchTelling([
    { branch: MORO, pairs: [] },
    { branch: MORO, pairs: pair(125_000, 1_250_000) },
  ])
  const silent = await branchTelling([])
  const heard: string[] = []
  const urls = [core.url, moro.url, silent.url]
  const state = await readLinkState(urls, 1, (url) => heard.push(url))
  for (const { close } of [core, moro, silent]) close()
  assert.deepEqual(state.roundTrips, [{ ends: [CORE, MORO], rttMs: 0.8 }])
  const [demand] = state.demands
  assert.equal(state.demands.length, 1)
  assert.deepEqual([demand?.from, demand?.to], [RTA, DEWA])
  // A megabit and ten in a second, or a little more on a busy machine: the ratio is what was counted.
  assert.ok(demand !== undefined && demand.mbps > 0 && demand.mbps <= 1)
  assert.ok(Math.abs((demand.backMbps ?? 0) / demand.mbps - 10) < 1e-9)
  assert.deepEqual(new Set(heard), new Set([silent.url]))
})

test('without a time to measure nothing is counted', async () => {
  const core = await branchTelling([{ branch: CORE }])
  const state = await readLinkState([core.url], 0, () => assert.fail('it told'))
  core.close()
  assert.deepEqual(state, { roundTrips: [], demands: [] })
})
