import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { array, constantFrom, integer, nat, oneof, record, sample } from 'fast-check'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { setScene, unfold, VectorList } from '../conformance/evidence/vector.ts'
import type { EvidenceVector, VectorFile } from '../conformance/evidence/vector.ts'

// A verifier in another language, written from docs/spec alone, must agree on every file. Where python3 is not
// installed only our own half is checked, and the test says so.

const SCRIPT = fileURLToPath(new URL('verify_evidence.py', import.meta.url))
const VECTORS = fileURLToPath(new URL('../conformance/evidence/vectors.json', import.meta.url))
const stored = JSON.parse(readFileSync(VECTORS, 'utf8')) as VectorFile

function hasPython(context: TestContext): boolean {
  const { status } = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'])
  if (status === 0) return true
  context.diagnostic('python3 (3.8 or later) is not installed here: the independent verifier was not run')
  return false
}

function runPython(vectors: string): { vectors: number; differences: number } {
  const { stdout, stderr } = spawnSync('python3', ['-B', SCRIPT, '--vectors', vectors], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as { vectors: number; differences: number }
}

function assertPythonAgrees(vectors: VectorFile): void {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-vectors-'))
  try {
    const file = join(directory, 'vectors.json')
    writeFileSync(file, JSON.stringify(vectors))
    assert.deepEqual(runPython(file), { vectors: vectors.vectors.length, differences: 0 })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Ways to damage a text: a character, a piece that is cut out, a piece that stands twice, another number. */
const damage = array(
  oneof(
    record({ at: nat(), way: constantFrom('flip'), by: integer({ min: 0, max: 6 }) }),
    record({ at: nat(), way: constantFrom('cut', 'twice'), by: integer({ min: 1, max: 40 }) }),
    record({ at: nat(), way: constantFrom('number'), by: nat(9) }),
  ),
  { minLength: 1, maxLength: 2 },
)

function damaged(text: string, steps: readonly { at: number; way: string; by: number }[]): string {
  let result = text
  for (const { at, way, by } of steps) {
    const place = at % result.length
    const piece = result.slice(place, place + by)
    if (way === 'cut') result = result.slice(0, place) + result.slice(place + by)
    else if (way === 'twice') result = result.slice(0, place) + piece + result.slice(place)
    else if (way === 'number') result = result.slice(0, place) + result.slice(place).replace(/\d/, String(by))
    else {
      const flipped = String.fromCharCode(result.charCodeAt(place) ^ (1 << by))
      result = result.slice(0, place) + flipped + result.slice(place + 1)
    }
  }
  return result
}

test('the independent verifier answers every vector as we do', (context) => {
  if (!hasPython(context)) return
  assert.deepEqual(runPython(VECTORS), { vectors: stored.vectors.length, differences: 0 })
})

test('the independent verifier refuses damaged files at the same step, with the same code', (context) => {
  const { anchors, fragments } = stored
  const good = stored.vectors.filter(({ expect, padding }) => expect === 'ok' && padding === undefined)
  const vectors = sample(record({ vector: constantFrom(...good), steps: damage }), 200).map(
    ({ vector, steps }, at): EvidenceVector => {
      const file = damaged(unfold(vector.file, fragments), steps)
      const anchor = anchors[vector.anchor]
      assert.ok(anchor)
      const result = verifyEvidence(file, anchor)
      const expect = result.ok ? 'ok' : { step: result.step, code: result.code }
      return { name: `${at} ${vector.name}`, file, anchor: vector.anchor, expect }
    },
  )
  assert.ok(vectors.every(({ expect }) => typeof expect === 'string' || expect.step !== undefined))
  if (!hasPython(context)) return
  assertPythonAgrees({ title: 'damaged', anchors, fragments: {}, vectors })
})

test('where gateways are dialled directly says nothing about seals, to both verifiers', async (context) => {
  const { network, rta, file } = await setScene()
  // What an export holds: the entries about seals.
  const entries = [...network.entries.keys()]
  const { id: gateway, member } = rta
  const by = [member, rta.seal] as const
  const address = '10.1.2.3:7443'
  const list = new VectorList()
  const add = async (name: string): Promise<void> => {
    list.good(name, network, await file({ entries }), { directoryEntries: network.entries })
  }
  await network.add('gateway_direct_announced', { gateway, member, address }, by)
  await add('announced')
  await network.add('gateway_direct_announced', { gateway, member, address }, network.by)
  await add('announced by the registry: no effect')
  await network.add('gateway_direct_withdrawn', { gateway, member }, network.by)
  await add('withdrawn')
  const { anchors, vectors } = list
  for (const { file, anchor, directoryEntries } of vectors) {
    const found = anchors[anchor]
    assert.ok(found && directoryEntries)
    const result = verifyEvidence(file, found, { directoryEntries })
    assert.ok(result.ok, JSON.stringify(result))
  }
  if (hasPython(context)) assertPythonAgrees({ title: 'direct', anchors, fragments: {}, vectors })
})
