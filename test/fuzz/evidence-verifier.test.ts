import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  anything,
  array,
  assert as check,
  constantFrom,
  json,
  nat,
  oneof,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { FAILURE_CODES, VERIFY_STEPS } from '../../src/evidence/verify-result.ts'
import { canonicalJson, parseJsonStrict } from '../../src/protocol/canonical-json.ts'
import { unfold } from '../conformance/evidence/vector.ts'
import type { VectorFile } from '../conformance/evidence/vector.ts'

// Hostile files: whatever comes in, an answer comes out, and nothing is thrown. WUSLA_FUZZ_SECONDS says for how long.
const SECONDS = Number(process.env['WUSLA_FUZZ_SECONDS'] ?? 5)

const { anchors, fragments, vectors } = JSON.parse(
  readFileSync(new URL('../conformance/evidence/vectors.json', import.meta.url), 'utf8'),
) as VectorFile
const anchor = anchors['network-1']
const seeds = vectors.filter(({ padding, anchor }) => padding === undefined && anchor === 'network-1')

/**
 * The good files, and the same for one whose holder recorded no answer: what is left proves the request, and no more is told. So it does of a file
 * that is bad by its answer alone.
 */
const good = new Set(
  seeds
    .flatMap(({ expect, file }) => {
      const isGood = expect === 'ok'
      if (!isGood && !expect.step.startsWith('answer-')) return []
      const whole = JSON.parse(unfold(file, fragments)) as object
      return [...(isGood ? [whole] : []), { ...whole, answer: null }]
    })
    .map((file) => canonicalJson(file)),
)

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path]
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))]
}

function withValue(value: unknown, path: Path, put: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return put
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  copy[name] = withValue(copy[name], rest, put)
  return copy
}

const seed = constantFrom(...seeds).map(({ file }) => unfold(file, fragments))

/** A good or bad file with pieces cut out, doubled or overwritten. */
const mangled = record({
  text: seed,
  cuts: array(record({ at: nat(), length: nat(50), by: string() }), { maxLength: 3 }),
}).map(({ text, cuts }) =>
  cuts.reduce((result, { at, length, by }) => {
    const place = at % (result.length + 1)
    return result.slice(0, place) + by + result.slice(place + length)
  }, text),
)

/** A file with values of any type in any place; also inside the texts that are JSON themselves. */
const retyped = record({
  text: seed,
  puts: array(record({ at: nat(), value: anything() }), { minLength: 1, maxLength: 4 }),
}).map(({ text, puts }) => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  for (const { at, value: put } of puts) {
    const paths = pathsOf(value)
    value = withValue(value, paths[at % paths.length] ?? [], put)
  }
  return toText(value)
})

function toText(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ??
      ''
    )
  } catch {
    return ''
  }
}

const files: Arbitrary<string | Uint8Array> = oneof(
  { weight: 5, arbitrary: mangled },
  { weight: 5, arbitrary: retyped },
  { weight: 1, arbitrary: json() },
  { weight: 1, arbitrary: string({ unit: 'binary' }) },
  { weight: 1, arbitrary: uint8Array({ maxLength: 500 }) },
)

test(`whatever a file holds, it is answered (${SECONDS} s)`, (context) => {
  assert.ok(anchor !== undefined && seeds.length > 100)
  const steps = new Map<string, number>()
  const options = {
    interruptAfterTimeLimit: SECONDS * 1000,
    markInterruptAsFailure: false,
    numRuns: 1_000_000_000,
  }
  check(
    property(files, array(string(), { maxLength: 3 }), (file, entries) => {
      const result = verifyEvidence(file, anchor, entries.length === 0 ? {} : { directoryEntries: entries })
      const step = result.ok ? 'ok' : result.step
      steps.set(step, (steps.get(step) ?? 0) + 1)
      if (result.ok) {
        // Only what says the same as a good file, laid out differently, may be good.
        assert.ok(good.has(canonicalJson(parseJsonStrict(file, { maxBytes: 10_000_000 }))))
        return
      }
      assert.ok(VERIFY_STEPS.includes(result.step))
      assert.ok(Object.hasOwn(FAILURE_CODES, result.code))
    }),
    options,
  )
  const total = [...steps.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(total > 0)
  context.diagnostic(`${total} files; by step: ${JSON.stringify(Object.fromEntries(steps))}`)
})

test('a file full of signatures, entries and nesting costs no more than its size allows', () => {
  assert.ok(anchor)
  const sound = JSON.parse(unfold(vectors[0]?.file ?? '', fragments)) as {
    directory: { checkpoint: string; entries: { index: number }[] }
    request: { batch: { seals: unknown[] } }
  }
  const [first] = sound.directory.entries
  const many = Array.from({ length: 4_000 }, (_, index) => ({ ...first, index }))
  const crowded = { ...sound, directory: { ...sound.directory, entries: many } }
  const line = sound.directory.checkpoint.trimEnd().split('\n').at(-1) ?? ''
  const signed = {
    ...sound,
    directory: { ...sound.directory, checkpoint: sound.directory.checkpoint + `${line}\n`.repeat(2_000) },
  }
  const deep = `{"format":${'['.repeat(1_000_000)}`
  for (const file of [JSON.stringify(crowded), JSON.stringify(signed), deep, '{"a":1,'.repeat(500_000)]) {
    assert.equal(verifyEvidence(file, anchor).ok, false)
  }
})
