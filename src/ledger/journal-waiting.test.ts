import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import type { Journal } from './journal.ts'
import { openJournal } from './open-journal.ts'

/** A journal that counts its durable writes. Its timer is moved by hand. */
async function open(context: TestContext): Promise<{ journal: Journal; writes: () => number }> {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const directory = mkdtempSync(join(tmpdir(), 'wusla-journal-'))
  let writes = 0
  const fs: FileSystem = {
    ...nodeFileSystem,
    writeDurably: (fd, parts, position) => {
      writes += 1
      return nodeFileSystem.writeDurably(fd, parts, position)
    },
  }
  const clock = { nowMs: () => 1_700_000_000_000 }
  const journal = await openJournal({ directory, create: true, clock, onEvent: () => undefined, fs })
  const before = writes
  context.after(async () => {
    await journal[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })
  return { journal, writes: () => writes - before }
}

/** Resolves with the sequence when the record is durable. */
function submit(journal: Journal, text: string, mayWait: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, sequence: number): void =>
      error === undefined ? resolve(sequence) : reject(error)
    journal.submit(Buffer.from(text), done, mayWait)
  })
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

suite('records that may wait', () => {
  test('they leave with the next one that does not, in one write, in their order', async (context) => {
    const { journal, writes } = await open(context)
    const patient = [submit(journal, 'a', true), submit(journal, 'b', true)]
    await turns()
    assert.equal(writes(), 0)
    const last = submit(journal, 'c', false)
    assert.deepEqual(await Promise.all([...patient, last]), [0, 1, 2])
    assert.equal(writes(), 1)
  })

  test('they leave when somebody hurries them', async (context) => {
    const { journal, writes } = await open(context)
    const patient = submit(journal, 'a', true)
    await turns()
    assert.equal(writes(), 0)
    journal.hurry()
    assert.equal(await patient, 0)
    journal.hurry()
    await turns()
    assert.equal(writes(), 1, 'nothing waits: nothing is written')
  })

  // A timer of the mock cannot be begun again: each wait has a journal of its own.
  for (const isBehindAWrite of [false, true]) {
    const where = isBehindAWrite ? ', also behind a write that was under way' : ''
    test(`they leave by themselves after a while${where}`, async (context) => {
      const { journal, writes } = await open(context)
      const first = isBehindAWrite ? submit(journal, 'a', false) : undefined
      await new Promise((resolve) => setImmediate(resolve))
      const patient = submit(journal, 'b', true)
      await first
      await turns()
      const before = isBehindAWrite ? 1 : 0
      context.mock.timers.tick(19)
      await turns()
      assert.equal(writes(), before)
      context.mock.timers.tick(1)
      assert.equal(await patient, before)
      assert.equal(writes(), before + 1)
    })
  }

  test('a journal that closes makes them durable first', async (context) => {
    const { journal } = await open(context)
    const patient = submit(journal, 'a', true)
    await journal[Symbol.asyncDispose]()
    assert.equal(await patient, 0)
  })
})
