import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readNote } from './read-note.ts'

test('a note is read, or is not there; what cannot be read is no missing note', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-note-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'running.json')
  assert.equal(readNote(file), undefined)
  writeFileSync(file, '{"pid":7}\n')
  assert.deepEqual(readNote(file), { pid: 7 })
  writeFileSync(file, '{"pid":')
  assert.throws(() => readNote(file), SyntaxError)
  assert.throws(() => readNote(directory), { code: 'EISDIR' })
})
