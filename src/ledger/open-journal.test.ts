import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './journal-format.ts'
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

suite('opening', () => {
  const segment = (): string => join(directory, readdirSync(directory).sort().at(-1) ?? '')

  async function fill(groups: readonly (readonly string[])[]): Promise<number[]> {
    await using journal = await open()
    const ends = [SEGMENT_HEADER_BYTES]
    for (const group of groups) {
      await appendAll(journal, group)
      const bytes = group.reduce((sum, text) => sum + RECORD_HEADER_BYTES + text.length, 0)
      ends.push((ends.at(-1) ?? 0) + bytes)
    }
    return ends
  }

  function damage(change: (bytes: Buffer) => void): void {
    const bytes = readFileSync(segment())
    change(bytes)
    writeFileSync(segment(), bytes)
  }

  test('without a journal, and without being told to make one', async () => {
    await assert.rejects(open({ create: false }), hasCode('ledger_missing'))
  })

  test('a group torn at any byte is cut off, and nothing before it', async () => {
    const [, start = 0, end = 0] = await fill([['first'], ['second', 'third']])
    const whole = readFileSync(segment())
    for (let length = start; length < end; length += 1) {
      events = []
      writeFileSync(
        segment(),
        Buffer.concat([whole.subarray(0, length), Buffer.alloc(whole.length - length)]),
      )
      {
        await using journal = await open()
        const expected = length < start + RECORD_HEADER_BYTES + 6 ? ['first'] : ['first', 'second']
        assert.deepEqual(await textsOf(journal), expected, `torn at ${length}`)
      }
      const isClean = length === start || length === start + RECORD_HEADER_BYTES + 6
      assert.equal(events.length, isClean ? 0 : 1, `torn at ${length}`)
    }
    writeFileSync(segment(), whole.subarray(0, end - 1))
    {
      await using journal = await open()
      assert.deepEqual(await textsOf(journal), ['first', 'second'])
      assert.equal(statSync(segment()).size, end - RECORD_HEADER_BYTES - 5)
      await journal.append(Buffer.from('fourth'))
    }
    await using journal = await open()
    assert.deepEqual(await textsOf(journal), ['first', 'second', 'fourth'])
  })

  test('a hole in the last group is torn, a hole before it is damage', async () => {
    const [, , second = 0] = await fill([['a'], ['b', 'c'], ['d', 'e', 'f']])
    const whole = readFileSync(segment())
    damage((bytes) => bytes.fill(0, second, second + 8))
    {
      await using journal = await open()
      assert.deepEqual(await textsOf(journal), ['a', 'b', 'c'])
    }
    writeFileSync(segment(), whole)
    damage((bytes) => (bytes[second - 1] = 0))
    await assert.rejects(open(), hasCode('ledger_corrupt'))
    assert.equal(readFileSync(segment()).length, whole.length, 'nothing was cut off')
  })

  test('the end is not cut below what is known to be acknowledged', async () => {
    const [, , end = 0] = await fill([['a'], ['b']])
    damage((bytes) => (bytes[end - 1] = 0))
    await assert.rejects(open({ acknowledged: 2 }), hasCode('ledger_corrupt'))
    await using journal = await open({ acknowledged: 1 })
    assert.equal(journal.nextSequence, 1)
  })

  test('damage in a closed segment is found when it is read', async () => {
    {
      await using journal = await open()
      await appendAll(journal, names(20))
      await journal.rotate()
      await journal.append(Buffer.from('later'))
    }
    const old = join(directory, readdirSync(directory).sort()[0] ?? '')
    const bytes = readFileSync(old)
    bytes[bytes.length - 1] = 0
    writeFileSync(old, bytes)
    await using journal = await open()
    await assert.rejects(textsOf(journal), hasCode('ledger_corrupt'))
    assert.equal((await journal.read(20))?.toString(), 'later')
  })

  test('a segment that is gone is damage', async () => {
    await using journal = await open()
    await journal.append(Buffer.from('a'))
    await journal.rotate()
    await journal.append(Buffer.from('b'))
    rmSync(join(directory, readdirSync(directory).sort()[0] ?? ''))
    await assert.rejects(textsOf(journal), hasCode('ledger_corrupt'))
  })

  test('a payload that looks like a record is not taken for one', async () => {
    const copy: { bytes?: Buffer } = {}
    const [, end = 0] = await fill([['inner']])
    copy.bytes = readFileSync(segment()).subarray(SEGMENT_HEADER_BYTES, end)
    rmSync(segment())
    {
      await using journal = await open()
      await journal.append(Buffer.from('outer'))
      await journal.append(Buffer.concat([Buffer.alloc(50), copy.bytes]))
    }
    // Another journal, another salt: what a stranger copied in does not count after the group is torn.
    const at = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + 5
    damage((bytes) => bytes.fill(0, at, at + 4))
    await using journal = await open()
    assert.deepEqual(await textsOf(journal), ['outer'])
  })
})
