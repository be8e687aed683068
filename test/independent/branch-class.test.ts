import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { publicKeyOf } from '../../src/evidence/testing/paper-network.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { setScene, VectorList } from '../conformance/evidence/vector.ts'

const SCRIPT = fileURLToPath(new URL('verify_evidence.py', import.meta.url))

test('evidence takes commissions with a class, and no class is anything to it, by both verifiers', async (context) => {
  const { network, core, file } = await setScene()
  const list = new VectorList()
  const commission = async (className: string): Promise<void> => {
    const addresses = { controlAddress: 'a:1', tunnelAddress: 'a:2', mirrorUrl: 'http://a' }
    const keys = { tlsKey: publicKeyOf(core.tls), witnessKey: core.witness.vkey }
    const fields = { branch: core.id, host: core.host, ...addresses, ...keys, class: className }
    await network.add('branch_commissioned', fields, network.by, [core.id, core.tls])
  }
  const entries = [...network.entries.keys()]
  await network.add('branch_classed', { branch: core.id, class: 'sovereign' }, network.by)
  const complete = { directoryEntries: network.entries.slice() }
  list.good('a class that was changed, in the complete directory', network, await file({ entries }), complete)
  await commission('sovereign')
  const all = [...network.entries.keys()]
  list.good('commissioned with a class', network, await file({ entries: [...entries, all.length - 1] }))
  await commission('two words')
  const bad = await file({ entries: [...entries, network.entries.length - 1] })
  list.bad('commissioned with what is no class', network, bad, ['directory-rules', 'no_effect'])
  const { anchors, vectors } = list
  const expected = vectors.map(({ file: text, anchor, directoryEntries }) => {
    const found = anchors[anchor]
    assert.ok(found)
    const result = verifyEvidence(text, found, directoryEntries === undefined ? {} : { directoryEntries })
    return result.ok ? 'ok' : { step: result.step, code: result.code }
  })
  assert.deepEqual(
    expected,
    vectors.map(({ expect }) => expect),
  )
  const version = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'])
  if (version.status !== 0)
    return context.diagnostic('python3 is not installed: only our own half was checked')
  const folder = mkdtempSync(join(tmpdir(), 'wusla-vectors-'))
  try {
    const path = join(folder, 'vectors.json')
    writeFileSync(path, JSON.stringify({ title: 'classes', anchors, fragments: {}, vectors }))
    const { stdout, stderr } = spawnSync('python3', ['-B', SCRIPT, '--vectors', path], { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), { vectors: vectors.length, differences: 0 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
