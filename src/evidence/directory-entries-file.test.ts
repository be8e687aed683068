import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDirectoryEntries } from './directory-entries-file.ts'

const ENTRIES = ['{"change":1}', '{"change":"دبي"}', '']

function snapshotOf(entries: readonly string[]): Buffer {
  const note = Buffer.from('a note')
  const parts = [Buffer.from('wusla/snapshot/v1\n'), Buffer.alloc(4), note]
  parts[1]?.writeUInt32BE(note.length)
  for (const entry of entries) {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(Buffer.byteLength(entry))
    parts.push(length, Buffer.from(entry))
  }
  return Buffer.concat(parts)
}

test('entries of a snapshot', () => {
  assert.deepEqual(readDirectoryEntries(snapshotOf(ENTRIES)), ENTRIES)
  assert.deepEqual(readDirectoryEntries(snapshotOf([])), [])
})

test('entries one a line', () => {
  assert.deepEqual(readDirectoryEntries(Buffer.from(`${ENTRIES.join('\n')}\n`)), ENTRIES.slice(0, 2))
})

test('a file that is cut off, or not UTF-8', () => {
  const whole = snapshotOf(ENTRIES.slice(0, 2))
  for (const length of [20, 23, 27, 30, whole.length - 1]) {
    assert.throws(
      () => readDirectoryEntries(whole.subarray(0, length)),
      { code: 'invalid_request' },
      `${length}`,
    )
  }
  assert.throws(() => readDirectoryEntries(Buffer.from([0xff, 0xfe])), { code: 'invalid_request' })
})
