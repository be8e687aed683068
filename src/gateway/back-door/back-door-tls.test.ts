import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSelfSigned } from '../front-door/testing/self-signed.ts'
import type { SelfSigned } from '../front-door/testing/self-signed.ts'
import { BackDoor } from './back-door.ts'
import type { BackDoorAnswer, ServiceTarget } from './back-door-request.ts'

const caller = {
  client: 'A/B/C/D',
  service: 'A/B/C/D/e',
  messageId: 'm',
  exchange: 'x',
  agreement: 'open',
  dataClass: 'open',
} as const

interface Backend extends AsyncDisposable {
  readonly url: string
  readonly certificate: SelfSigned
  calls: number
}

async function startBackend(): Promise<Backend> {
  const certificate = await makeSelfSigned('backend')
  const server = createServer({ ...certificate }, (_, response) => {
    backend.calls += 1
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const backend: Backend = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate,
    calls: 0,
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return backend
}

async function call(target: ServiceTarget): Promise<BackDoorAnswer> {
  await using door = new BackDoor()
  return await door.callService(target, {
    caller,
    method: 'POST',
    path: '/',
    headers: [],
    body: Buffer.from('x'),
  })
}

test('a backend nobody vouches for sees no request', async () => {
  await using backend = await startBackend()
  await assert.rejects(call({ url: backend.url }), { code: 'backend_unreachable' })
  assert.equal(backend.calls, 0)
})

test('an authority of its own vouches for a backend, under its name', async () => {
  await using backend = await startBackend()
  const folder = await mkdtemp(join(tmpdir(), 'wusla-'))
  try {
    const caFile = join(folder, 'ca.pem')
    await writeFile(caFile, backend.certificate.cert)
    assert.equal((await call({ url: backend.url, tls: { caFile } })).status, 200)
    assert.equal(
      (await call({ url: backend.url.replace('127.0.0.1', 'localhost'), tls: { caFile } })).status,
      200,
    )
    const other = await makeSelfSigned('other')
    await writeFile(caFile, other.cert)
    await assert.rejects(call({ url: backend.url, tls: { caFile } }), { code: 'backend_unreachable' })
    assert.equal(backend.calls, 2)
    const missing = { url: backend.url, tls: { caFile: join(folder, 'none.pem') } }
    await assert.rejects(call(missing), { code: 'backend_authority_unreadable' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an authority whose file has changed counts from the next connection on, in the same door', async () => {
  await using backend = await startBackend()
  const folder = await mkdtemp(join(tmpdir(), 'wusla-'))
  try {
    await using door = new BackDoor()
    const caFile = join(folder, 'ca.pem')
    const target = { url: backend.url, tls: { caFile } }
    const ask = async (): Promise<BackDoorAnswer> =>
      await door.callService(target, {
        caller,
        method: 'POST',
        path: '/',
        headers: [],
        body: Buffer.from('x'),
      })
    const refused = { code: 'backend_authority_unreadable', details: { sent: false } }
    await assert.rejects(ask(), refused)
    for (const text of [
      '',
      'no certificate',
      backend.certificate.cert.replace(/M[A-Za-z0-9]{9}/, 'AAAAAAAAAA'),
    ]) {
      await writeFile(caFile, text)
      await assert.rejects(ask(), refused, text)
    }
    await writeFile(caFile, (await makeSelfSigned('other')).cert)
    await assert.rejects(ask(), { code: 'backend_unreachable' })
    assert.equal(backend.calls, 0)
    await writeFile(caFile, `a comment\n${backend.certificate.cert}`)
    assert.equal((await ask()).status, 200)
    assert.equal(door.load.calls, 0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a pinned certificate counts alone, in any spelling of its digest', async () => {
  await using backend = await startBackend()
  const { sha256 } = backend.certificate
  const spellings = [
    sha256,
    sha256.toUpperCase().replaceAll(/..(?=.)/g, '$&:'),
    Buffer.from(sha256, 'hex').toString('base64url'),
  ]
  for (const pinnedSha256 of spellings) {
    assert.equal((await call({ url: backend.url, tls: { pinnedSha256 } })).status, 200)
  }
  assert.equal(backend.calls, 3)
})

test('another certificate than the pinned one sees no request', async () => {
  await using backend = await startBackend()
  const other = await makeSelfSigned('other')
  await assert.rejects(call({ url: backend.url, tls: { pinnedSha256: other.sha256 } }), {
    code: 'backend_unreachable',
    details: { reason: 'certificate_not_pinned', sent: false },
  })
  await assert.rejects(call({ url: backend.url, tls: { pinnedSha256: 'abc' } }), { code: 'config_invalid' })
  assert.equal(backend.calls, 0)
})
