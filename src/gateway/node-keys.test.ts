import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSealKey } from '../trust/seal-key.ts'
import { createNodeKeys, NodeKeyRing } from './node-keys.ts'

const GATEWAY = 'AE-DU/GOV/RTA/gw-1'

async function makeNode(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-keys-'))
  await mkdir(join(folder, 'keys'))
  await createNodeKeys(folder, GATEWAY)
  await writeFile(join(folder, 'keys', 'chain.pem'), 'old chain')
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('changed keys are used at once, private on disk, and there after a restart', async () => {
  await using node = await makeNode()
  const ring = await NodeKeyRing.open(node.folder)
  const { seal: oldSeal } = ring
  const [seal, tls] = [generateSealKey(), generateSealKey()]
  await ring.changeSeal(seal)
  await ring.changeTls(tls, 'new chain')
  assert.deepEqual([ring.seal.keyId, ring.tls.keyId], [seal.keyId, tls.keyId])
  assert.deepEqual(
    [oldSeal, seal, tls].map(({ keyId }) => ring.isOwn(keyId)),
    [true, true, false],
  )
  const again = await NodeKeyRing.open(node.folder)
  assert.deepEqual([again.seal.keyId, again.tls.keyId], [seal.keyId, tls.keyId])
  assert.equal(await readFile(join(node.folder, 'keys', 'chain.pem'), 'utf8'), 'new chain')
  assert.equal((await stat(join(node.folder, 'keys', 'seal.pem'))).mode & 0o077, 0)
})

test('a crash in a change of the TLS key leaves key and chain of one mind', async () => {
  const next = generateSealKey()
  // Only the key was written: the old pair stays. Both were: the new pair comes, whichever rename was done.
  for (const [files, expected] of [
    [['tls.next.pem'], 'old chain'],
    [['tls.next.pem', 'chain.next.pem'], 'new chain'],
    [['tls.pem', 'chain.next.pem'], 'new chain'],
  ] as const) {
    await using node = await makeNode()
    for (const file of files) {
      const text = file.startsWith('tls') ? next.privateKeyPem() : 'new chain'
      await writeFile(join(node.folder, 'keys', file), text, { mode: 0o600 })
    }
    const { tls } = await NodeKeyRing.open(node.folder)
    assert.equal(await readFile(join(node.folder, 'keys', 'chain.pem'), 'utf8'), expected)
    assert.equal(tls.keyId === next.keyId, expected === 'new chain', files.join())
  }
})
