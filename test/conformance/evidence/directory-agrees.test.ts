import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Directory } from '../../../src/directory/directory.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { unfold } from './vector.ts'
import type { VectorFile } from './vector.ts'

// The verifier replays the directory by itself instead of borrowing the follower's code. Here both judge the same entries.

const { anchors, fragments, vectors } = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as VectorFile

/** Whether a follower that has only these entries gives each of them an effect. */
function judge(entries: readonly string[], anchorName: string): boolean[] {
  const anchor = anchors[anchorName]
  assert.ok(anchor)
  const directory = new Directory({ anchor, onEvent: () => undefined })
  return entries.map((entry) => directory.apply(entry).applied)
}

function entriesOf(file: string): string[] {
  const { directory } = JSON.parse(unfold(file, fragments)) as EvidenceFile
  return directory.entries.map(({ entry }) => entry)
}

test('what the verifier accepts has an effect at every follower', () => {
  const accepted = vectors.filter(
    ({ expect, name }) => expect === 'ok' && !name.includes('the two parties only'),
  )
  assert.ok(accepted.length > 30)
  for (const { name, file, anchor } of accepted) {
    assert.ok(judge(entriesOf(file), anchor).every(Boolean), name)
  }
})

test('what the verifier refuses has no effect at any follower', () => {
  const refused = vectors.filter(({ name }) => name.startsWith('directory entry: '))
  assert.ok(refused.length > 70)
  for (const { name, file, anchor } of refused) {
    const applied = judge(entriesOf(file), anchor)
    assert.equal(applied.at(-1), false, name)
    assert.ok(applied.slice(0, -1).every(Boolean), name)
  }
})
