import assert from 'node:assert/strict'
import { request } from 'node:http'
import test from 'node:test'
import { createApiToken } from '../admin-api/api-tokens.ts'
import type { BranchWitness, LogMirror } from './start-branch.ts'
import { branchNetwork } from './testing/branch-network.ts'

const HASH = 'ab'.repeat(32)

const mirror: LogMirror = async (path, query) => {
  if (path === 'fail') throw new Error('the secret reason')
  if (path === 'snapshot') return { status: 200, contentType: 'text/plain', body: pieces() }
  const immutable = path.startsWith('tile/')
  return { status: 200, contentType: 'text/plain', body: `${path} ${query.get('beyond')}`, immutable }
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (const piece of ['one ', 'two ', 'three']) yield Buffer.from(piece)
}

const witness: BranchWitness = {
  addCheckpoint: async (body) => ({ status: 200, contentType: 'text/plain', body: `got ${body.length}` }),
  checkpoint: async (hash) => ({ status: hash === HASH ? 200 : 404, contentType: 'text/plain', body: hash }),
}

await test('health, status, mirror and witness', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', {}, { mirror, witness })
  const url = core.handle.httpUrl
  await network.gateway('AE-DU/GOV/RTA/gw-1', core)
  assert.equal(await (await fetch(`${url}/healthz`)).text(), 'ok\n')
  const status = (await (await fetch(`${url}/status`)).json()) as {
    gateways: { id: string }[]
    branch: string
  }
  assert.equal(status.branch, core.id)
  assert.deepEqual(
    status.gateways.map(({ id }) => id),
    ['AE-DU/GOV/RTA/gw-1'],
  )
  const checkpoint = await fetch(`${url}/log/checkpoint?beyond=7`)
  assert.equal(await checkpoint.text(), 'checkpoint 7')
  assert.equal(checkpoint.headers.get('cache-control'), 'no-store')
  const tile = await fetch(`${url}/log/tile/0/000`)
  assert.match(tile.headers.get('cache-control') ?? '', /immutable/)
  assert.equal(await (await fetch(`${url}/log/snapshot`)).text(), 'one two three')
  const head = await fetch(`${url}/log/checkpoint`, { method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), '15')
  const add = await fetch(`${url}/witness/add-checkpoint`, { method: 'POST', body: 'x'.repeat(1_000) })
  assert.equal(await add.text(), 'got 1000')
  assert.equal((await fetch(`${url}/witness/${HASH}/checkpoint`)).status, 200)
})

await test('what is not served is not found, too large is refused, and a failure tells nothing', async (t) => {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', {}, { mirror, witness })
  const url = core.handle.httpUrl
  for (const path of ['/', '/log', '/witness/add-checkpoint', '/witness/xy/checkpoint', '/healthz/']) {
    assert.equal((await fetch(url + path)).status, 404, path)
  }
  assert.equal((await fetch(`${url}/healthz`, { method: 'POST' })).status, 404)
  const large = await fetch(`${url}/witness/add-checkpoint`, { method: 'POST', body: 'x'.repeat(70_000) })
  assert.equal(large.status, 413)
  const failed = await fetch(`${url}/log/fail`)
  assert.equal(failed.status, 500)
  assert.doesNotMatch(await failed.text(), /secret/)
  assert.equal((await core.log.seen('http_failed')).path, '/log/fail')
  const bare = await network.branch('BARE')
  assert.equal((await fetch(`${bare.handle.httpUrl}/log/checkpoint`)).status, 404)
})

await test('status is told through a proxy to bearers of a token only, and health says when the branch drains', async (t) => {
  const network = await branchNetwork(t)
  const { token, stored } = createApiToken('auditor')
  const core = await network.branch('CORE', {}, { tokens: () => [stored] })
  const url = core.handle.httpUrl
  const forwarded = await fetch(`${url}/status`, { headers: { 'x-forwarded-for': '192.0.2.1' } })
  assert.equal(forwarded.status, 403)
  const bearer = { authorization: `Bearer ${token}` }
  const proxied = { ...bearer, 'x-forwarded-for': '192.0.2.1' }
  assert.equal((await fetch(`${url}/status`, { headers: proxied })).status, 200)
  const wrong = { ...proxied, authorization: `Bearer ${token}x` }
  assert.equal((await fetch(`${url}/status`, { headers: wrong })).status, 403)
  core.handle.drain()
  assert.equal((await fetch(`${url}/healthz`)).status, 503)
})

await test('a mirror that waits for news is told when its caller hangs up', async (t) => {
  const network = await branchNetwork(t)
  const gone = Promise.withResolvers<void>()
  const waiting: LogMirror = async (_path, _query, signal) => {
    asked.resolve()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    gone.resolve()
    throw new Error('nobody to tell')
  }
  const asked = Promise.withResolvers<void>()
  const core = await network.branch('CORE', {}, { mirror: waiting })
  const call = request(`${core.handle.httpUrl}/log/checkpoint?beyond=1`)
  call.on('error', () => undefined)
  call.end()
  await asked.promise
  call.destroy()
  await gone.promise
  assert.equal(core.log.events.filter(({ kind }) => kind === 'http_failed').length, 0)
})
