import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/protocol/clock.ts'
import { findProblems } from './find-problems.ts'
import { readNetwork } from './read-network.ts'
import { statusPage } from './status-page.ts'
import { branch, CORE, gateway, RTA } from './testing/readings.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test(
  'who answers is read, and who does not is part of the answer with its reason',
  { timeout: 30_000 },
  async (t) => {
    const well = await serve(t, ({ url, headers }, response) => {
      response.end(JSON.stringify(gateway(`${headers.authorization} ${url}`)))
    })
    const mute = await serve(t, () => undefined)
    const strict = await serve(t, (_request, response) => void response.writeHead(403).end('no'))
    const broken = await serve(t, (_request, response) => void response.writeHead(502).end('bad gateway'))
    const told = async (urls: string[], timeoutMs: number): Promise<unknown[]> => {
      const branches = urls.includes(mute) ? [{ id: 'B', url: mute, token: '' }] : []
      const gateways = urls.map((url) => ({ url, token: 'T' }))
      const reading = await readNetwork({ branches, gateways }, timeoutMs, systemClock)
      assert.ok(!('registry' in reading))
      const all = [...reading.branches, ...reading.gateways]
      return all.map(({ id, failure }) => [id, failure?.reason, failure?.code])
    }
    // A limit that must run out is no limit for those that must answer within it.
    assert.deepEqual(await told([mute], 300), [
      ['B', 'no_answer_in_time', 'actor_unreachable'],
      [mute, 'no_answer_in_time', 'actor_unreachable'],
    ])
    assert.deepEqual(await told([well, strict, broken, 'http://127.0.0.1:1'], 20_000), [
      ['Bearer T /v1/status', undefined, undefined],
      [strict, 'not_allowed', 'forbidden'],
      [broken, 'failed', 'internal_error'],
      ['http://127.0.0.1:1', 'failed', 'actor_unreachable'],
    ])
  },
)

test('a closed port is a connection that was refused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const gateways = [{ url: `http://127.0.0.1:${port}`, token: '' }]
  const {
    gateways: [reading],
  } = await readNetwork({ branches: [], gateways }, 2_000, systemClock)
  assert.equal(reading?.failure?.reason, 'connection_refused')
})

test('what is no status of an actor is told of that address alone, and no defect of the page', async (t) => {
  const said = (answer: object): RequestListener => {
    return (_request, response) => void response.end(JSON.stringify(answer))
  }
  const page = await serve(t, (_request, response) => void response.end('<p>hello</p>'))
  const { sessions: _, ...older } = gateway(RTA)
  const old = await serve(t, said(older))
  const well = await serve(t, said(branch(CORE)))
  const other = await serve(t, said({ ...branch(CORE), links: [{ branch: CORE }] }))
  const at = (url: string): { url: string; token: string } => ({ url, token: '' })
  const reading = await readNetwork(
    { registry: at(page), branches: [at(well), at(other)], gateways: [at(old)] },
    5_000,
    systemClock,
  )
  const { registry, branches, gateways } = reading
  assert.deepEqual(
    [registry, ...branches, ...gateways].map((each) => each?.failure?.reason),
    ['not_understood', undefined, 'not_understood', 'not_understood'],
  )
  assert.deepEqual([branches[0]?.id, gateways[0]?.id], [CORE, old])
  assert.match(gateways[0]?.failure?.message ?? '', /sessions/)
  assert.ok(statusPage(reading, findProblems(reading), 'en').length > 0)
})
