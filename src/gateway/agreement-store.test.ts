import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { agreementHash } from '../agreements/agreement.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import { AgreementStore } from './agreement-store.ts'
import { refusalOf } from './testing/gateway-world.ts'

const content = draft()
const hash = agreementHash(content)

async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wusla-agreements-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('a content is named by its hash, told once, and there after a restart', async () => {
  await using folder = await makeFolder()
  const store = await AgreementStore.open(folder.path)
  let told = 0
  store.onChange(() => (told += 1))
  assert.equal(await store.put(content), hash)
  assert.equal(await store.put(structuredClone(content)), hash)
  assert.equal(told, 1)
  const again = await AgreementStore.open(folder.path)
  assert.deepEqual(again.get(hash), content)
  assert.deepEqual(again.list(), [[hash, content]])
})

test('a file under another name is refused: it would be read as terms that nobody signed', async () => {
  await using folder = await makeFolder()
  await (await AgreementStore.open(folder.path)).put(content)
  const file = join(folder.path, 'agreements', `${hash}.json`)
  const other = agreementHash(draft({ nonce: 'BBBBBBBBBBBBBBBBBBBBBA' }))
  await copyFile(file, join(folder.path, 'agreements', `${other}.json`))
  const refusal = await refusalOf(async () => await AgreementStore.open(folder.path))
  assert.equal(refusal.code, 'invalid_agreement')
  assert.ok(refusal.message.includes(other))
})

test('a file whose words were changed is refused', async () => {
  await using folder = await makeFolder()
  await (await AgreementStore.open(folder.path)).put(content)
  const file = join(folder.path, 'agreements', `${hash}.json`)
  await writeFile(file, JSON.stringify({ ...content, validUntil: '2039-01-01T00:00:00.000Z' }))
  const refusal = await refusalOf(async () => await AgreementStore.open(folder.path))
  assert.equal(refusal.code, 'invalid_agreement')
})

test('half a write from before a crash is no agreement and hinders nobody', async () => {
  await using folder = await makeFolder()
  await (await AgreementStore.open(folder.path)).put(content)
  const file = join(folder.path, 'agreements', `${hash}.json`)
  await rename(file, `${file}.0123456789ab.new`)
  assert.deepEqual((await AgreementStore.open(folder.path)).list(), [])
})

test('what is no agreement is not kept, and a failed write keeps nothing', async () => {
  await using folder = await makeFolder()
  const store = await AgreementStore.open(folder.path)
  const unknown = { ...content, backdoor: true }
  assert.equal((await refusalOf(async () => await store.put(unknown))).code, 'invalid_agreement')
  await rm(join(folder.path, 'agreements'), { recursive: true })
  await assert.rejects(store.put(content), { code: 'ENOENT' })
  assert.equal(store.get(hash), undefined)
})
