import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import { MAX_RECORD_BYTES } from './journal-format.ts'
import type { Journal } from './journal.ts'
import type { JournalEvent } from './journal-state.ts'
import { openJournal } from './open-journal.ts'
import type { JournalOptions } from './open-journal.ts'

let directory = ''
let events: JournalEvent[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wusla-journal-'))
  events = []
})

afterEach(() => rmSync(directory, { recursive: true }))

function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const clock = { nowMs: () => 1_700_000_000_000 }
  return openJournal({ directory, create: true, clock, onEvent: (event) => events.push(event), ...options })
}

async function textsOf(journal: Journal, from: number = 0): Promise<string[]> {
  const texts: string[] = []
  for await (const { record } of journal.records(from)) texts.push(record.toString())
  return texts
}

function appendAll(journal: Journal, texts: readonly string[]): Promise<unknown> {
  return Promise.all(texts.map((text) => journal.append(Buffer.from(text))))
}

const names = (count: number, label: string = 'r'): string[] =>
  Array.from({ length: count }, (_, i) => `${label}${i}`)

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    isWuslaError(error) && error.code === code

/** The real disk, with a gate before each durable write. */
function gatedDisk(): { fs: FileSystem; sizes: number[]; release: () => void } {
  const sizes: number[] = []
  let open: (() => void)[] = []
  const fs: FileSystem = {
    ...nodeFileSystem,
    async writeDurably(fd, parts, position) {
      sizes.push(parts[0]?.length ?? 0)
      await new Promise<void>((resolve) => open.push(resolve))
      await nodeFileSystem.writeDurably(fd, parts, position)
    },
  }
  const release = (): void => {
    for (const resolve of open) resolve()
    open = []
  }
  return { fs, sizes, release }
}

suite('appending', () => {
  test('records come back in order, after reopening too', async () => {
    const texts = ['', ...names(200), 'x'.repeat(300_000)]
    {
      await using journal = await open()
      const results = await Promise.all(texts.map((text) => journal.append(Buffer.from(text))))
      assert.deepEqual(
        results.map(({ sequence }) => sequence),
        texts.map((_, i) => i),
      )
      assert.deepEqual(await textsOf(journal), texts)
    }
    await using journal = await open({ create: false })
    assert.equal(journal.nextSequence, texts.length)
    assert.deepEqual(await textsOf(journal), texts)
    assert.deepEqual(await textsOf(journal, 190), texts.slice(190))
    for (const i of [0, 1, 15, 16, 17, 100, 201]) assert.equal((await journal.read(i))?.toString(), texts[i])
    assert.equal(await journal.read(texts.length), undefined)
    assert.deepEqual(events, [])
  })

  test('the bytes are copied at once', async () => {
    await using journal = await open()
    const record = Buffer.from('before')
    const done = journal.append(record)
    record.fill('x')
    await done
    assert.deepEqual(await textsOf(journal), ['before'])
  })

  test('one write is in flight, and what comes meanwhile leaves in the next', async () => {
    const { fs, sizes, release } = gatedDisk()
    const opening = open({ fs })
    const isOpen = setInterval(release, 1)
    const journal = await opening
    clearInterval(isOpen)
    sizes.length = 0
    const settled: string[] = []
    const watch = (text: string): Promise<unknown> =>
      journal.append(Buffer.from(text)).then(() => settled.push(text))
    const first = watch('one')
    await until(() => sizes.length === 1)
    const later = names(50).map(watch)
    await new Promise(setImmediate)
    assert.deepEqual([sizes.length, settled], [1, []], 'nothing is told before the disk has it')
    release()
    await first
    await until(() => sizes.length === 2)
    assert.deepEqual(settled, ['one'])
    assert.equal(journal.nextSequence, 1)
    release()
    await Promise.all(later)
    assert.equal(sizes.length, 2)
    await journal[Symbol.asyncDispose]()
  })

  test('too long a record, too much waiting, and a closed journal are refused', async () => {
    const journal = await open({ maxWaitingBytes: 2_000_000 })
    const full = Buffer.alloc(MAX_RECORD_BYTES, 7)
    await assert.rejects(journal.append(Buffer.alloc(MAX_RECORD_BYTES + 1)), hasCode('record_too_large'))
    const waiting = [journal.append(full), assert.rejects(journal.append(full), hasCode('too_many_requests'))]
    await Promise.all(waiting)
    assert.ok((await journal.read(0))?.equals(full))
    await journal[Symbol.asyncDispose]()
    await assert.rejects(journal.append(Buffer.from('late')), hasCode('ledger_unwritable'))
  })

  test('closing waits for what was taken', async () => {
    const journal = await open()
    const appends = appendAll(journal, names(10))
    await journal[Symbol.asyncDispose]()
    await appends
    await using again = await open()
    assert.equal(again.nextSequence, 10)
  })

  test('after a failed write nothing is taken until it is opened again', async () => {
    let broken = false
    const fs: FileSystem = {
      ...nodeFileSystem,
      writeDurably: (fd, parts, position) =>
        broken ? Promise.reject(new Error('EIO')) : nodeFileSystem.writeDurably(fd, parts, position),
    }
    const journal = await open({ fs })
    await journal.append(Buffer.from('kept'))
    broken = true
    await assert.rejects(journal.append(Buffer.from('lost')), hasCode('ledger_unwritable'))
    broken = false
    await assert.rejects(journal.append(Buffer.from('late')), hasCode('ledger_unwritable'))
    await assert.rejects(journal.rotate(), hasCode('ledger_unwritable'))
    assert.deepEqual(await textsOf(journal), ['kept'])
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['journal_failed'],
    )
    await journal[Symbol.asyncDispose]()
    await using again = await open()
    await again.append(Buffer.from('new'))
    assert.deepEqual(await textsOf(again), ['kept', 'new'])
  })
})

suite('segments', () => {
  test('are closed when full, read across, and removed from the old end', async () => {
    const texts = names(120, 'a record of some length ')
    await using journal = await open({ segmentBytes: 1_000 })
    for (let i = 0; i < texts.length; i += 10) await appendAll(journal, texts.slice(i, i + 10))
    const segments = await journal.segments()
    assert.ok(segments.length > 4, `${segments.length} segments`)
    assert.equal(segments.at(-1)?.nextSequence, 120)
    assert.deepEqual(new Set(segments.map(({ createdMs }) => createdMs)), new Set([1_700_000_000_000]))
    assert.deepEqual(await textsOf(journal, 5), texts.slice(5))
    const third = segments[2]?.firstSequence ?? assert.fail()
    assert.equal(await journal.removeBefore(third + 1), third)
    assert.equal(await journal.read(third - 1), undefined)
    assert.equal((await journal.read(third))?.toString(), texts[third])
    assert.deepEqual(await textsOf(journal), texts.slice(third))
    assert.equal(readdirSync(directory).length, segments.length - 2)
    const last = segments.at(-1)?.firstSequence
    assert.equal(await journal.removeBefore(1_000_000), last, 'the growing segment stays')
  })

  test('are ended on demand, an empty one never', async () => {
    await using journal = await open()
    await journal.rotate()
    await journal.append(Buffer.from('a'))
    await journal.rotate()
    await journal.rotate()
    assert.deepEqual(
      (await journal.segments()).map(({ firstSequence }) => firstSequence),
      [0, 1],
    )
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
