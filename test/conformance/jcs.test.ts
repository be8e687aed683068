import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { canonicalJson, parseCanonicalJson, parseJsonStrict } from '../../src/protocol/canonical-json.ts'
import { sha256 } from '../../src/protocol/digest.ts'

interface Pair {
  readonly name: string
  readonly input: string
  readonly canonical: string
  readonly canonicalHex?: string
  readonly sha256: string
}

interface NumberSample {
  readonly ieee754: string
  readonly canonical?: string
  readonly error?: boolean
}

interface Vectors {
  readonly published: readonly Pair[]
  readonly computed: readonly Pair[]
  readonly refuse: readonly { readonly name: string; readonly input: string }[]
  readonly refuseBytes: readonly { readonly name: string; readonly inputHex: string }[]
  readonly numbers: {
    readonly samples: readonly NumberSample[]
    readonly sequenceStart: readonly NumberSample[]
    readonly checksums: {
      readonly sha256OfFirstLines: readonly {
        readonly lines: number
        readonly bytes: number
        readonly sha256: string
      }[]
    }
  }
}

const vectors = JSON.parse(readFileSync(new URL('vectors/jcs.json', import.meta.url), 'utf8')) as Vectors
const refused = { code: 'invalid_json' }

function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0] ?? Number.NaN
}

test('published and computed pairs: read, written canonically, and read again', () => {
  assert.equal(vectors.published.length, 6)
  assert.equal(vectors.computed.length, 31)
  for (const { name, input, canonical, canonicalHex, sha256: digest } of [
    ...vectors.published,
    ...vectors.computed,
  ]) {
    for (const source of [input, Buffer.from(input)]) {
      assert.equal(canonicalJson(parseJsonStrict(source)), canonical, name)
    }
    if (canonicalHex !== undefined) assert.equal(Buffer.from(canonical).toString('hex'), canonicalHex, name)
    assert.equal(sha256(canonical).toString('hex'), digest, name)
    assert.equal(canonicalJson(parseCanonicalJson(canonical)), canonical, name)
    if (input !== canonical) assert.throws(() => parseCanonicalJson(input), refused, name)
  }
})

test('texts and bytes to refuse', () => {
  assert.equal(vectors.refuse.length, 33)
  assert.equal(vectors.refuseBytes.length, 4)
  for (const { name, input } of vectors.refuse) {
    assert.throws(() => parseJsonStrict(input), refused, name)
    assert.throws(() => parseCanonicalJson(input), refused, name)
    // A text with half a surrogate pair has no bytes of its own: the encoder would replace it.
    if (input.isWellFormed()) assert.throws(() => parseJsonStrict(Buffer.from(input)), refused, name)
  }
  for (const { name, inputHex } of vectors.refuseBytes) {
    assert.throws(() => parseJsonStrict(Buffer.from(inputHex, 'hex')), refused, name)
  }
})

test('number samples of RFC 8785, appendix B', () => {
  const { samples, sequenceStart } = vectors.numbers
  assert.ok(samples.length >= 26 && sequenceStart.length >= 100)
  for (const { ieee754, canonical, error } of [...samples, ...sequenceStart]) {
    const value = doubleOf(BigInt(`0x${ieee754}`))
    if (error === true) assert.throws(() => canonicalJson(value), refused, ieee754)
    else assert.equal(canonicalJson(value), canonical, ieee754)
  }
})

/** The doubles of the published sequence, as bits: stated patterns, 2,000 small ones, then a SHA-256 chain. */
function* sequence(): Generator<bigint> {
  for (const { ieee754 } of vectors.numbers.sequenceStart) yield BigInt(`0x${ieee754}`)
  for (let i = 0n; i < 2_000n; i += 1n) yield 0x0010000000000000n + i
  let block: Buffer = Buffer.alloc(32)
  for (;;) {
    block = sha256(block)
    for (let at = 0; at < 32; at += 8) {
      const bits = block.readBigUInt64LE(at)
      const value = doubleOf(bits)
      if (value !== 0 && Number.isFinite(value)) yield bits
    }
  }
}

test('the first 100,000 numbers of the published sequence have its checksums', () => {
  const checksums = vectors.numbers.checksums.sha256OfFirstLines.filter(({ lines }) => lines <= 100_000)
  assert.equal(checksums.length, 3)
  const hash = createHash('sha256')
  let [lines, bytes] = [0, 0]
  for (const bits of sequence()) {
    const line = `${bits.toString(16)},${canonicalJson(doubleOf(bits))}\n`
    hash.update(line)
    lines += 1
    bytes += line.length
    const checksum = checksums.find((row) => row.lines === lines)
    if (checksum !== undefined) {
      assert.equal(bytes, checksum.bytes)
      assert.equal(hash.copy().digest('hex'), checksum.sha256)
    }
    if (lines === 100_000) break
  }
  assert.equal(lines, 100_000)
})
