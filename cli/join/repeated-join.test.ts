import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DEWA, NAME, RTA, TestRegistry } from '../../src/registry/testing/test-registry.ts'
import { encodeEnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { UsageError } from '../voice.ts'
import { joinBranch } from './join-branch.ts'
import { joinGateway } from './join-gateway.ts'

const CORE = 'AE-DU/branch/CORE'
const folder = mkdtempSync(join(tmpdir(), 'wusla-join-'))
let registry: TestRegistry

/** What happens to the next request on its way: it never arrives, its answer is lost, or a proxy answers for it. */
type Fate = 'unheard' | 'unanswered' | 'bad-gateway' | 'passed'
let fates: Fate[] = []
const way = createServer((request, response) => void pass(request, response))

before(async () => {
  registry = await TestRegistry.start()
  for (const member of [DEWA, RTA])
    assert.equal((await registry.as('operator', '/v1/members', { member, name: NAME })).status, 200)
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
})

after(async () => {
  way.closeAllConnections()
  await new Promise((resolve) => way.close(resolve))
  await registry[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fate = fates.shift() ?? 'passed'
  if (fate === 'unheard') {
    request.socket.destroy()
    return
  }
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  const answer = await registry.post(request.url ?? '/', body.toString())
  if (fate === 'unanswered') request.socket.destroy()
  else if (fate === 'bad-gateway') response.writeHead(502).end('<h1>Bad gateway</h1>')
  else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text)
}

async function tokenFor(subject: string, more: object = {}): Promise<string> {
  const registryUrl = `http://127.0.0.1:${(way.address() as AddressInfo).port}`
  return encodeEnrolmentToken({ ...(await registry.token(subject, more)), registryUrl })
}

function key(directory: string, name: string): string {
  return readFileSync(join(directory, 'keys', name), 'utf8')
}

async function size(): Promise<number> {
  return (await registry.get('/healthz')).body.size
}

test('a gateway whose join was interrupted in any way joins with the same token and keys', async () => {
  const directory = join(folder, 'gateway')
  const options = {
    token: await tokenFor(`${DEWA}/gw-1`),
    directory,
    frontDoor: { frontDoor: '127.0.0.1:0' },
    admin: '127.0.0.1:0',
  }
  const before = await size()
  fates = ['unheard', 'unanswered', 'bad-gateway', 'passed']
  await assert.rejects(joinGateway(options), { code: 'registry_unreachable' })
  const seal = key(directory, 'seal.pem')
  await assert.rejects(joinGateway(options), { code: 'registry_unreachable' })
  assert.equal(await size(), before + 1)
  await assert.rejects(joinGateway(options), { code: 'registry_unreachable' })
  assert.equal((await joinGateway(options)).gateway, `${DEWA}/gw-1`)
  assert.equal(await size(), before + 1)
  assert.equal(key(directory, 'seal.pem'), seal)
  await assert.rejects(joinGateway(options), { code: 'file_exists' })
})

test('what the registry refused is not asked for again', async () => {
  const directory = join(folder, 'other-gateway')
  const options = { directory, frontDoor: { frontDoor: '127.0.0.1:0' }, admin: '127.0.0.1:0' }
  fates = []
  const expired = await registry.token(`${RTA}/gw-1`)
  const secret = Buffer.alloc(32, 7).toString('base64url')
  const registryUrl = `http://127.0.0.1:${(way.address() as AddressInfo).port}`
  const forged = encodeEnrolmentToken({ ...expired, secret, registryUrl })
  await assert.rejects(joinGateway({ ...options, token: forged }), { code: 'token_invalid' })
  const seal = key(directory, 'seal.pem')
  const joined = await joinGateway({ ...options, token: await tokenFor(`${RTA}/gw-1`) })
  assert.equal(joined.member, RTA)
  assert.equal(key(directory, 'seal.pem'), seal)
})

test('a branch whose answer was lost joins with the same addresses only', async () => {
  const directory = join(folder, 'branch')
  const token = await tokenFor(CORE, { kind: 'branch', member: DEWA })
  const options = {
    token,
    directory,
    control: '127.0.0.1:7601',
    tunnel: '127.0.0.1:7602',
    http: '127.0.0.1:7603',
  }
  fates = ['unanswered', 'passed']
  await assert.rejects(joinBranch(options), { code: 'registry_unreachable' })
  await assert.rejects(joinBranch({ ...options, http: '127.0.0.1:9999' }), (error) => {
    assert.ok(error instanceof UsageError)
    assert.match(error.hint ?? '', /--control 127.0.0.1:7601 --tunnel 127.0.0.1:7602 --http 127.0.0.1:7603$/)
    return true
  })
  const tls = key(directory, 'tls.pem')
  assert.equal((await joinBranch(options)).branch, CORE)
  assert.equal(key(directory, 'tls.pem'), tls)
  await assert.rejects(joinBranch(options), { code: 'file_exists' })
})
