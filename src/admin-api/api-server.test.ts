import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../protocol/clock.ts'
import { Type } from '../protocol/schema.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { type Api, createApi, requireRole } from './api-server.ts'
import { tokenRoutes } from './token-routes.ts'
import { TokenStore } from './token-store.ts'

interface Bench extends AsyncDisposable {
  readonly api: Api
  readonly store: TokenStore
  readonly file: string
  readonly post: (path: string, token: string, body: object) => Promise<{ status: number; body: Answer }>
}

interface Answer {
  readonly code?: string
  readonly token?: string
  readonly id?: string
  readonly details?: unknown
}

async function open(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-tokens-'))
  const file = join(folder, 'api-tokens.json')
  const store = TokenStore.open(file, systemClock)
  const api = await createApi({
    title: 'A',
    description: 'B',
    onUnexpected: (error) => assert.fail(String(error)),
  })
  tokenRoutes(api, store)
  const body = Type.Object({ secretField: Type.String() }, { additionalProperties: false })
  const onRequest = requireRole(store.current, 'operator')
  api.post('/v1/thing', { onRequest, schema: { body } }, () => ({ done: true }))
  return {
    api,
    store,
    file,
    post: async (path, token, payload) => {
      const headers = { authorization: `Bearer ${token}` }
      const { statusCode, body: text } = await api.inject({ method: 'POST', url: path, headers, payload })
      return { status: statusCode, body: JSON.parse(text) as Answer }
    },
    [Symbol.asyncDispose]: async () => {
      await api.close()
      await rm(folder, { recursive: true })
    },
  }
}

test('who may not call learns nothing of what a body should hold', async () => {
  await using bench = await open()
  const auditor = await bench.store.create('auditor')
  const stranger = await bench.post('/v1/thing', 'none', { wrong: 1 })
  assert.deepEqual([stranger.status, stranger.body.code], [401, 'unauthorized'])
  assert.doesNotMatch(JSON.stringify(stranger.body), /secretField/)
  const reader = await bench.post('/v1/thing', auditor.token, { wrong: 1 })
  assert.deepEqual([reader.status, reader.body.code], [403, 'forbidden'])
  assert.doesNotMatch(JSON.stringify(reader.body), /secretField/)
})

test('a token is kept as a digest, works at once and is refused at once after it was revoked', async () => {
  await using bench = await open()
  const admin = await bench.store.create('admin')
  const made = (await bench.post('/v1/api-tokens', admin.token, { role: 'operator', label: 'ci' })).body
  const token = made.token ?? ''
  assert.equal((await bench.post('/v1/thing', token, { secretField: 'x' })).status, 200)
  const text = await readFile(bench.file, 'utf8')
  assert.ok(!text.includes(token) && !text.includes(admin.token))
  assert.equal((await stat(bench.file)).mode & 0o077, 0)
  assert.equal((await bench.post('/v1/api-tokens', token, { role: 'admin' })).status, 403)
  // By the command line, in a process of its own, beside the running actor.
  await TokenStore.open(bench.file, systemClock).revoke(made.id ?? '')
  assert.equal((await bench.post('/v1/thing', token, { secretField: 'x' })).status, 401)
  const again = await bench.post('/v1/api-tokens/revoke', admin.token, { id: made.id })
  assert.equal(again.body.code, 'not_found')
  const last = await bench.post('/v1/api-tokens/revoke', admin.token, { id: admin.id })
  assert.equal(last.body.code, 'conflict')
})

test('a damaged file of tokens lets nobody in, and a repaired one does again', async () => {
  await using bench = await open()
  const admin = await bench.store.create('admin')
  const good = await readFile(bench.file)
  await writeFile(bench.file, '[{"role":"king"}]')
  assert.equal((await bench.post('/v1/thing', admin.token, { secretField: 'x' })).status, 401)
  assert.throws(
    () => TokenStore.open(bench.file, systemClock),
    (error) => isWuslaError(error) && error.code === 'config_invalid',
  )
  await writeFile(bench.file, good)
  await utimes(bench.file, 1, 1)
  assert.equal((await bench.post('/v1/thing', admin.token, { secretField: 'x' })).status, 200)
})
