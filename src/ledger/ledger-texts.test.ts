import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { leafHash, treeInclusionProof, consistencyProof, treeRoot } from '../protocol/merkle.ts'
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts'
import { HashTile } from './hash-tile.ts'
import { formatProofFile, parseProofFile } from './proof-file.ts'
import { parseNote } from './signed-note.ts'
import { formatTilePath, parseTilePath } from './tile-path.ts'
import { consistencyRanges, inclusionRanges, proofHashes, rootHash } from './tree-ranges.ts'
import type { TreeNode } from './tree-ranges.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from './witness-request.ts'

/** Texts near the real ones: pieces of them, put together at random. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom('— ', '\n', '\n\n', 'old 0\n', 'index 1\n', 'origin\n', '12\n', 'extra ', 'AAAA'),
      fc.constant('c2sp.org/tlog-proof@v1\n'),
      fc.constant('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'),
      fc.constant('— name AAAAAAA=\n'),
      fc.string({ maxLength: 10 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

suite('readers take any text, and what they take is written the same', () => {
  test('checkpoints', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const checkpoint = parseCheckpoint(text)
        if (checkpoint !== undefined) assert.equal(formatCheckpoint(checkpoint), text)
      }),
    )
  })

  test('notes', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const note = parseNote(text)
        if (note === undefined) return
        assert.equal(`${note.text}\n${note.signatures.map(({ line }) => line).join('')}`, text)
        assert.deepEqual(parseNote(Buffer.from(text)), note)
      }),
    )
  })

  test('proof files', () => {
    fc.assert(
      fc.property(pieces, (rest) => {
        const text = `c2sp.org/tlog-proof@v1\nindex 7\n${rest}`
        const proof = parseProofFile(text)
        if (proof !== undefined) assert.equal(formatProofFile(proof), text)
      }),
    )
  })

  test('requests to a witness', () => {
    fc.assert(
      fc.property(pieces, (rest) => {
        const text = `old 0\n${rest}`
        const request = parseAddCheckpoint(text)
        assert.deepEqual(parseAddCheckpoint(Buffer.from(text)), request)
        if (request !== undefined) assert.equal(formatAddCheckpoint(0, request.proof, request.note), text)
      }),
    )
  })

  test('tile paths', () => {
    const part = fc.constantFrom(
      'tile',
      'entries',
      '0',
      '1',
      '63',
      '64',
      'x001',
      '000',
      '255',
      '256',
      '.p',
      '',
    )
    const paths = fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/').replace('/.p', '.p'))
    fc.assert(
      fc.property(fc.oneof(paths, fc.string()), (path) => {
        const parsed = parseTilePath(path)
        if (parsed !== undefined) assert.equal(formatTilePath(parsed.level, parsed.index, parsed.width), path)
      }),
    )
    const index = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n })
    fc.assert(
      fc.property(
        index,
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 1, max: 256 }),
        (index, level, width) => {
          assert.deepEqual(parseTilePath(formatTilePath(level, index, width)), { level, index, width })
        },
      ),
    )
  })

  test('entry bundles', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 256 })
    fc.assert(
      fc.property(entries, (entries) => {
        const made = decodeEntryBundle(encodeEntryBundle(entries), entries.length)
        assert.deepEqual(
          made?.map((entry) => new Uint8Array(entry)),
          entries,
        )
      }),
    )
  })
})

suite('trees', () => {
  const leaves = Array.from({ length: 130 }, (_, i) => leafHash(`leaf ${i}`))

  test('ranges give the proofs of the definition, for every size', async () => {
    const source = async ({ level, index }: TreeNode): Promise<Buffer> =>
      treeRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
    for (const size of [0, 1, 2, 3, 7, 8, 9, 31, 64, 65, 127, 128, 130]) {
      const part = leaves.slice(0, size)
      assert.deepEqual(await rootHash(size, source), treeRoot(part))
      for (let index = 0; index < size; index += 1) {
        assert.deepEqual(
          await proofHashes(inclusionRanges(index, size), source),
          treeInclusionProof(part, index),
        )
      }
      for (let from = 0; from <= size; from += 1) {
        assert.deepEqual(
          await proofHashes(consistencyRanges(from, size), source),
          consistencyProof(part, from),
        )
      }
    }
  })

  test('a tile knows every node above its hashes, and a copy grows alone', () => {
    const tile = HashTile.from(Buffer.concat(leaves))
    assert.equal(tile.width, 130)
    assert.deepEqual(tile.node(7, 0), treeRoot(leaves.slice(0, 128)))
    assert.deepEqual(tile.node(1, 64), treeRoot(leaves.slice(128, 130)))
    const copy = tile.copy()
    for (let i = 0; i < 126; i += 1) copy.append(leafHash(`more ${i}`))
    assert.ok(copy.isFull && !tile.isFull)
    const all = [...leaves, ...Array.from({ length: 126 }, (_, i) => leafHash(`more ${i}`))]
    assert.deepEqual(copy.root, treeRoot(all))
    assert.deepEqual(tile.bytes(), Buffer.concat(leaves))
  })
})
