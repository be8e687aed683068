import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyEvidence } from '../../../src/evidence/verify-evidence.ts'
import { FAILURE_CODES, VERIFY_STEPS } from '../../../src/evidence/verify-result.ts'
import { addBadDirectoryVectors } from './bad-directory-vectors.ts'
import { addBadExchangeVectors } from './bad-exchange-vectors.ts'
import { addBadFileVectors } from './bad-file-vectors.ts'
import { addBadTimeVectors } from './bad-time-vectors.ts'
import { addGoodVectors } from './good-vectors.ts'
import { foldVectors, setScene, unfold, VectorList } from './vector.ts'
import type { EvidenceVector, VectorFile } from './vector.ts'

const FILE = new URL('vectors.json', import.meta.url)
const SPECIFICATION = new URL('../../../docs/spec/evidence-file.md', import.meta.url)
const TITLE =
  'Evidence files, good and bad: docs/spec/evidence-file.md. Made by the recipes beside this file; all keys are test keys.'

// WUSLA_WRITE_VECTORS=1 writes the vectors anew: only when the format changes.
if (process.env['WUSLA_WRITE_VECTORS'] === '1') {
  writeFileSync(FILE, `${JSON.stringify(await makeVectors(), null, 2)}\n`)
}

async function makeVectors(): Promise<VectorFile> {
  const list = new VectorList()
  const scene = await setScene()
  await addGoodVectors(list, scene)
  await addBadFileVectors(list, scene)
  await addBadExchangeVectors(list, scene)
  await addBadTimeVectors(list, scene)
  await addBadDirectoryVectors(list, scene)
  return { title: TITLE, anchors: list.anchors, ...foldVectors(list.vectors) }
}

function answerOf({ anchors, fragments }: VectorFile, vector: EvidenceVector): EvidenceVector['expect'] {
  const anchor = anchors[vector.anchor]
  assert.ok(anchor, `${vector.name}: no anchor ${vector.anchor}`)
  const { padding = 0, requestBody, responseBody, directoryEntries } = vector
  const result = verifyEvidence(' '.repeat(padding) + unfold(vector.file, fragments), anchor, {
    ...(requestBody === undefined ? {} : { requestBody: Buffer.from(requestBody, 'base64') }),
    ...(responseBody === undefined ? {} : { responseBody: Buffer.from(responseBody, 'base64') }),
    ...(directoryEntries === undefined
      ? {}
      : { directoryEntries: directoryEntries.map((entry) => unfold(entry, fragments)) }),
  })
  return result.ok ? 'ok' : { step: result.step, code: result.code }
}

function check(file: VectorFile): void {
  for (const vector of file.vectors) assert.deepEqual(answerOf(file, vector), vector.expect, vector.name)
}

/** Lines of the table of 5.25: a step and its codes. */
function stepsOfSpecification(): [string, string[]][] {
  const section = readFileSync(SPECIFICATION, 'utf8').split('\n5.25 ')[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) => {
    const [, step = '', codes = ''] = row.split('|')
    return [step.trim().replaceAll('`', ''), codes.split(',').map((code) => code.trim().replaceAll('`', ''))]
  })
}

const stored = JSON.parse(readFileSync(FILE, 'utf8')) as VectorFile

test('every stored vector is answered as it says', () => {
  assert.ok(stored.vectors.length > 150)
  assert.equal(
    new Set(stored.vectors.map(({ name }) => name)).size,
    stored.vectors.length,
    'a name stands twice',
  )
  check(stored)
})

test('the recipes still give the same answers with new keys', async () => {
  const made = await makeVectors()
  const namesOf = (file: VectorFile): unknown[] => file.vectors.map(({ name, expect }) => [name, expect])
  assert.deepEqual(namesOf(made), namesOf(stored))
  check(made)
})

test('the specification, the code and the vectors have the same steps and codes', () => {
  const steps = stepsOfSpecification()
  assert.deepEqual(
    steps.map(([step]) => step),
    [...VERIFY_STEPS],
  )
  const codes = new Set(steps.flatMap(([, codes]) => codes))
  assert.deepEqual([...codes].sort(), Object.keys(FAILURE_CODES).sort())
  const wanted = steps.flatMap(([step, codes]) => codes.map((code) => `${step} ${code}`))
  const covered = new Set(
    stored.vectors.map(({ expect }) => (expect === 'ok' ? 'ok' : `${expect.step} ${expect.code}`)),
  )
  covered.delete('ok')
  assert.deepEqual([...covered].sort(), wanted.sort())
})
