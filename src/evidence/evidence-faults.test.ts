import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { nodeFileSystem } from '../ledger/file-system.ts'
import type { FileSystem } from '../ledger/file-system.ts'
import { formatEvidenceFile } from './evidence-file.ts'
import { openEvidence } from './evidence-store.ts'
import { codeOf, nextExchange, openStore, recordExchange } from './testing/open-store.ts'
import { twoMembers } from './testing/two-members.ts'
import { verifyEvidence } from './verify-evidence.ts'

/** A disk that can be told to be full: the write fails, or fails after it has done its work. */
function fullDisk(): { fs: FileSystem; state: 'good' | 'full' | 'lying' } {
  const disk: { fs: FileSystem; state: 'good' | 'full' | 'lying' } = { fs: nodeFileSystem, state: 'good' }
  const full = (): Error => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  disk.fs = {
    ...nodeFileSystem,
    async writeDurably(fd, parts, position) {
      if (disk.state === 'full') throw full()
      await nodeFileSystem.writeDurably(fd, parts, position)
      if (disk.state === 'lying') throw full()
    },
  }
  return disk
}

for (const state of ['full', 'lying'] as const) {
  test(`a disk that fails (${state}): nothing more is taken until it is opened again`, async (context) => {
    const paper = await twoMembers()
    const disk = fullDisk()
    const { store, events } = await openStore(context, paper, paper.rta, { fs: disk.fs })
    const before = nextExchange(paper)
    await recordExchange(store, before, true)
    disk.state = state
    const lost = nextExchange(paper)
    assert.equal(await codeOf(store.record(lost.requestBatch, 'sent')), 'logging_failed')
    assert.equal(store.healthy, false)
    assert.equal(await codeOf(store.record(lost.answerBatch, 'received')), 'logging_failed')
    assert.equal(await codeOf(store.note({ kind: 'refused', atMs: 0 })), 'logging_failed')
    assert.equal(events.filter(({ kind }) => kind === 'evidence_unwritable').length, 1)

    await assert.rejects(store.reopen(), 'a disk that can be read is not enough')
    assert.equal(store.healthy, false)
    disk.state = 'good'
    assert.equal(store.healthy, false, 'a disk that works again is not enough')
    await store.reopen()
    assert.equal(store.healthy, true)
    const after = nextExchange(paper)
    await recordExchange(store, after, true)
    for (const { request } of [before, after]) {
      const file = await store.exportExchange(request.exchange, paper.network)
      assert.ok(verifyEvidence(formatEvidenceFile(file), paper.network.anchor).ok)
    }
    // Whether the failed record reached the disk only the disk knew; it is there whole or not at all.
    const found = await store.find(lost.request.exchange)
    assert.equal(found?.state, state === 'lying' ? 'unanswered' : undefined)
  })
}

test('a reopening that fails leaves the evidence closed, and may be tried again', async (context) => {
  const paper = await twoMembers()
  let isBroken = false
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: async (path, use) => {
      if (isBroken && path.includes('journal'))
        throw Object.assign(new Error('input/output error'), { code: 'EIO' })
      return await nodeFileSystem.open(path, use)
    },
  }
  const { store } = await openStore(context, paper, paper.rta, { fs })
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  isBroken = true
  await assert.rejects(store.reopen())
  assert.equal(store.healthy, false)
  assert.equal(await codeOf(store.find(exchange.request.exchange)), 'logging_failed')
  isBroken = false
  await store.reopen()
  assert.equal((await store.find(exchange.request.exchange))?.state, 'answered')
})

test('a disk that lets the evidence be opened and takes no record does not make it healthy', async (context) => {
  const paper = await twoMembers()
  let takesRecords = true
  const fs: FileSystem = {
    ...nodeFileSystem,
    async writeDurably(fd, parts, position) {
      const isRecord = ['note\n', 'AE-DU'].some((word) =>
        parts.some((part) => Buffer.from(part).includes(word)),
      )
      if (isRecord && !takesRecords) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      await nodeFileSystem.writeDurably(fd, parts, position)
    },
  }
  const { store } = await openStore(context, paper, paper.rta, { fs })
  takesRecords = false
  assert.equal(await codeOf(store.record(nextExchange(paper).requestBatch, 'sent')), 'logging_failed')
  await assert.rejects(store.reopen())
  assert.equal(store.healthy, false)
  takesRecords = true
  await store.reopen()
  await recordExchange(store, nextExchange(paper), true)
})

test('a damaged index is made anew from the journal', async (context) => {
  const paper = await twoMembers()
  const { store, options } = await openStore(context, paper, paper.rta)
  const exchange = nextExchange(paper)
  await recordExchange(store, exchange, true)
  const { rows } = await store.query({})
  await store[Symbol.asyncDispose]()
  for (const damage of ['remove', 'overwrite'] as const) {
    const file = `${options.directory}/index.sqlite`
    await rm(`${file}-wal`, { force: true })
    if (damage === 'remove') await rm(file)
    else
      await writeFile(
        file,
        'this is no database, and it is longer than a hundred bytes so that it has a header'.repeat(9),
      )
    await using again = await openEvidence({ ...options, create: false })
    assert.deepEqual((await again.query({})).rows, rows)
  }
})
