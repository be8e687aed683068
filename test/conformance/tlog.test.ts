import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import {
  bundlePathOf,
  formatTilePath,
  parseTilePath,
  tileLevels,
  tilePlace,
} from '../../src/ledger/tile-path.ts'
import { decodeEntryBundle, encodeEntryBundle } from '../../src/ledger/entry-bundle.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { treeNodes } from '../../src/ledger/tree-nodes.ts'
import { TreeEdge } from '../../src/ledger/tree-edge.ts'
import { TileStore } from '../../src/ledger/tile-store.ts'
import { nodeFileSystem } from '../../src/ledger/file-system.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { sha256 } from '../../src/protocol/digest.ts'
import {
  emptyRoot,
  leafHash,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/merkle.ts'
import { generateNoteKey } from '../../src/trust/note-key.ts'
import { tlog } from './tlog-vectors.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Every group of the file must be met by a test of this file or of `tlog-notes.test.ts`. */
test('the vectors hold the groups that are tested here, and no others', () => {
  const groups = Object.keys(tlog).filter(
    (name) => !['title', 'origin', 'status', 'structure'].includes(name),
  )
  const ledgers = [
    'hashes',
    'referenceTree',
    'proofChecks',
    'recordTree',
    'tiles',
    'entryBundles',
    'tilePaths',
  ]
  const notes = ['keys', 'notes', 'checkpoints', 'cosigned', 'proofText', 'witness']
  assert.deepEqual(groups, [...ledgers, ...notes])
})

suite('hashes', () => {
  test('empty tree, leaves and nodes', () => {
    assert.equal(toHex(emptyRoot()), tlog.hashes.emptyTree.hash)
    for (const { dataHex, hash } of tlog.hashes.leaf) assert.equal(toHex(leafHash(hex(dataHex))), hash)
    for (const { left, right, hash } of tlog.hashes.node) {
      assert.equal(toHex(nodeHash(hex(left), hex(right))), hash)
    }
  })

  test('nodes of the reference tree', async () => {
    const [leaves = []] = tlog.referenceTree.nodes.levels
    const edge = new TreeEdge()
    for (const leaf of leaves) edge.append(hex(leaf), () => assert.fail('no tile is full'))
    const nodes = treeNodes(edge, new TileStore(nodeFileSystem, tmpdir()))
    for (const [level, hashes] of tlog.referenceTree.nodes.levels.entries()) {
      for (const [index, hash] of hashes.entries()) assert.equal(toHex(await nodes({ level, index })), hash)
    }
  })
})

test('published good and bad proofs', () => {
  assert.ok(tlog.proofChecks.inclusion.length + tlog.proofChecks.consistency.length >= 196)
  for (const check of tlog.proofChecks.inclusion) {
    const proof = check.proof.map(hex)
    const numbers = { index: Number(check.index), size: Number(check.size) }
    const claim = { ...numbers, leafHash: hex(check.leafHash), proof, root: hex(check.root) }
    assert.equal(verifyInclusion(claim), check.valid, check.name)
  }
  for (const { from, to, fromRoot, toRoot, proof, valid, name } of tlog.proofChecks.consistency) {
    const roots = { fromRoot: hex(fromRoot), toRoot: hex(toRoot) }
    const verdict = verifyConsistency({ fromSize: from, toSize: to, ...roots, proof: proof.map(hex) })
    assert.equal(verdict, valid, name)
  }
})

suite('trees on disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-tlog-'))
  const trees = new Map<string, { ledger: Ledger; entries: number }>()
  const record = (index: number): Buffer => Buffer.from(`record ${index}`)
  const largest = Buffer.alloc(65_535, 0xab)

  async function grow(name: string, count: number, entryOf: (index: number) => Buffer): Promise<void> {
    const signer = generateNoteKey('tree.example')
    const ledger = await openLedger({
      directory: join(directory, name.replaceAll(' ', '-')),
      origin: 'tree.example',
      signer,
      writeEntryBundles: true,
      create: true,
      clock: systemClock,
      onEvent: () => undefined,
    })
    trees.set(name, { ledger, entries: count })
    const appends: Promise<unknown>[] = []
    for (let index = 0; index < count; index += 1) appends.push(ledger.append(entryOf(index)))
    await Promise.all(appends)
    await ledger.checkpoint()
  }

  const tree = (name: string): Ledger => {
    const found = trees.get(name)
    assert.ok(found, `no tree ${name}`)
    return found.ledger
  }

  before(async () => {
    const leaves = tlog.referenceTree.leavesHex.map(hex)
    await grow('reference', leaves.length, (index) => leaves[index] ?? assert.fail())
    await grow('record', 70_000, record)
    await grow('one entry of 65535 bytes of value 0xAB', 1, () => largest)
  })

  after(async () => {
    for (const { ledger } of trees.values()) await ledger[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  for (const [name, vectors] of [
    ['reference', tlog.referenceTree],
    ['record', tlog.recordTree],
  ] as const) {
    test(`roots and proofs of the ${name} tree`, async () => {
      const ledger = tree(name)
      for (const { size, root, rootBase64 } of vectors.roots) {
        const made = await ledger.root(size)
        assert.equal(toHex(made), root)
        assert.equal(made.toString('base64'), rootBase64)
      }
      for (const { size, index, leafHash: leaf, proof } of vectors.inclusion) {
        const made = await ledger.inclusionProof(index, size)
        assert.deepEqual(made.map(toHex), proof)
        assert.equal(toHex(leafHash((await ledger.entry(index)) ?? assert.fail())), leaf)
        const root = await ledger.root(size)
        assert.ok(verifyInclusion({ leafHash: hex(leaf), index, size, proof: made, root }))
      }
      for (const { from, to, proof } of vectors.consistency) {
        const made = await ledger.consistencyProof(from, to)
        assert.deepEqual(made.map(toHex), proof)
        const roots = { fromRoot: await ledger.root(from), toRoot: await ledger.root(to) }
        assert.ok(verifyConsistency({ fromSize: from, toSize: to, ...roots, proof: made }))
      }
    })
  }

  test('tile contents', async () => {
    for (const { tree: name, path, width, sha256: digest, contentBase64, size } of tlog.tiles.contents) {
      const resource = await tree(name).resource(path)
      assert.ok(resource, `${name} ${path} of ${size}`)
      assert.equal(resource.bytes.length, width * 32)
      assert.equal(toHex(sha256(resource.bytes)), digest)
      if (contentBase64 !== undefined) assert.equal(resource.bytes.toString('base64'), contentBase64)
      assert.deepEqual([resource.contentType, resource.immutable], ['application/octet-stream', true])
    }
  })

  test('entry bundles', async () => {
    for (const { tree: name, path, count, length, sha256: digest, contentBase64 } of tlog.entryBundles
      .cases) {
      const resource = await tree(name).resource(path)
      assert.equal(resource?.bytes.length, length, `${name} ${path}`)
      assert.equal(toHex(sha256(resource.bytes)), digest)
      if (contentBase64 !== undefined) assert.equal(resource.bytes.toString('base64'), contentBase64)
      const entries = decodeEntryBundle(resource.bytes, count)
      assert.equal(entries?.length, count)
      assert.ok(encodeEntryBundle(entries).equals(resource.bytes))
    }
    for (const { name, contentHex, width } of tlog.entryBundles.refuse) {
      assert.equal(decodeEntryBundle(hex(contentHex), width), undefined, name)
    }
    for (const { index, size, path } of tlog.entryBundles.pathForEntry) {
      assert.equal(bundlePathOf(index, size), path)
    }
  })
})

suite('tile paths', () => {
  test('tiles of a size', () => {
    for (const { size, levels } of tlog.tiles.bySize) {
      const made = tileLevels(size).map(({ level, full, partialWidth }) => ({
        level,
        full,
        partialWidth,
        partialPath: partialWidth === 0 ? null : formatTilePath(level, full, partialWidth),
        lastFullPath: full === 0 ? null : formatTilePath(level, full - 1),
      }))
      assert.deepEqual(made, levels, `size ${size}`)
    }
  })

  test('the tile of a node', () => {
    for (const { treeLevel, treeIndex, tileLevel, tileIndex, levelInTile, indexInTile } of tlog.tiles
      .nodeToTile) {
      const place = { tileLevel, tileIndex, levelInTile, indexInTile }
      assert.deepEqual(tilePlace(treeLevel, treeIndex), place)
    }
  })

  test('written and read', () => {
    for (const { level, index, width, path } of tlog.tilePaths.cases) {
      assert.equal(formatTilePath(level, BigInt(index), width ?? 256), path)
      assert.deepEqual(parseTilePath(path), { level, index: BigInt(index), width: width ?? 256 })
    }
    for (const { path } of tlog.tilePaths.refuse) assert.equal(parseTilePath(path), undefined, path)
  })
})
