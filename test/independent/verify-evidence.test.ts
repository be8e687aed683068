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
import { unfold } from '../conformance/evidence/vector.ts'
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
  const directory = mkdtempSync(join(tmpdir(), 'wusla-vectors-'))
  try {
    const file = join(directory, 'vectors.json')
    writeFileSync(file, JSON.stringify({ title: 'damaged', anchors, fragments: {}, vectors }))
    assert.deepEqual(runPython(file), { vectors: vectors.length, differences: 0 })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
