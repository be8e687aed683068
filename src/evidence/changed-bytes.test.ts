import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, constant, constantFrom, integer, nat, property, record } from 'fast-check'
import { formatEvidenceFile } from './evidence-file.ts'
import { exchangeOnPaper, fileOnPaper } from './testing/paper-exchange.ts'
import { AGREEMENT, twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

const { network, rta, dewa, core, moro } = await twoMembers()
const nowMs = network.nowMs + 60_000
const exchange = exchangeOnPaper(rta, dewa, { nowMs, request: { agreement: AGREEMENT } })
const good = await fileOnPaper({ network, holder: rta, exchange, witnesses: [core, moro] })
const goodText = formatEvidenceFile(good)

test('the file these tests damage is good', () => {
  assert.ok(verifyEvidence(goodText, network.anchor).ok)
})

type Leaf = readonly [path: readonly (string | number)[], value: unknown]

function leavesOf(value: unknown, path: readonly (string | number)[] = []): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => leavesOf(item, [...path, at]))
  if (value === null || typeof value !== 'object') return [[path, value]]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
}

function withLeaf(path: readonly (string | number)[], value: unknown): string {
  const file = JSON.parse(goodText) as Record<string | number, unknown>
  let place = file
  for (const name of path.slice(0, -1)) place = place[name] as typeof file
  place[path.at(-1) ?? ''] = value
  return JSON.stringify(file)
}

const leaves = leavesOf(JSON.parse(goodText))

test('every number of the file counts', () => {
  const numbers = leaves.filter(([, value]) => typeof value === 'number')
  assert.ok(numbers.length > 10)
  for (const [path, value] of numbers) {
    for (const other of [Number(value) + 1, Number(value) - 1, -1, 0.5, 1e300]) {
      const result = verifyEvidence(withLeaf(path, other), network.anchor)
      assert.ok(!result.ok, `${path.join('.')} = ${other} was accepted`)
    }
  }
})

test('every character of every text of the file counts', () => {
  const texts = leaves.filter(([, value]) => typeof value === 'string' && value !== '')
  assert.ok(texts.length > 50)
  const flip = constantFrom(...texts).chain(([path, value]) => {
    const text = String(value)
    return record({
      path: constant(path),
      at: nat(text.length - 1),
      bit: integer({ min: 0, max: 6 }),
      text: constant(text),
    })
  })
  check(
    property(flip, ({ path, at, bit, text }) => {
      const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit))
      const changed = text.slice(0, at) + flipped + text.slice(at + 1)
      const result = verifyEvidence(withLeaf(path, changed), network.anchor)
      assert.ok(!result.ok, `${path.join('.')} at ${at}: accepted ${JSON.stringify(flipped)}`)
    }),
    { numRuns: 200 },
  )
})

test('the first and the last character of every text count', () => {
  for (const [path, value] of leaves) {
    if (typeof value !== 'string') continue
    const changed = [
      `${value} `,
      value.slice(0, -1),
      value.slice(1),
      // One more or less in the last character: stray bits behind base64.
      value.slice(0, -1) + String.fromCharCode(value.charCodeAt(value.length - 1) ^ 1),
    ]
    for (const text of changed) {
      const result = verifyEvidence(withLeaf(path, text), network.anchor)
      assert.ok(!result.ok, `${path.join('.')}: accepted ${text.slice(-20)}`)
    }
  }
})

test('no member may be missing, unknown or of another type', () => {
  for (const [path, held] of leaves) {
    for (const value of [undefined, null, {}, [], true, 'x', 7]) {
      if (value === held) continue
      assert.ok(
        !verifyEvidence(withLeaf(path, value), network.anchor).ok,
        `${path.join('.')} = ${JSON.stringify(value)}`,
      )
    }
    if (typeof path.at(-1) === 'number') continue
    assert.ok(!verifyEvidence(withLeaf([...path.slice(0, -1), 'more'], 1), network.anchor).ok)
  }
})
