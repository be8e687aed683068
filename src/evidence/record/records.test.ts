import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, constantFrom, property, string } from 'fast-check'
import { digest256 } from '../../protocol/digest.ts'
import { leafHash } from '../../protocol/merkle.ts'
import { neighbours, sealBatch } from '../testing/paper-exchange.ts'
import { newGateway } from '../testing/paper-network.ts'
import { readBatch } from './batch-reader.ts'
import {
  batchEntry,
  decodeBatchRecord,
  encodeBatchParts,
  encodeBatchRecord,
  erasedLine,
  isBatchRecord,
  isErased,
  ledgerEntryOf,
  lineLeaf,
  sealsOf,
} from './batch-record.ts'
import { createNoteGate } from './note-budget.ts'
import { decodeNoteRecord, encodeNoteRecord, MAX_NOTE_BYTES, noteEntry } from './note-record.ts'
import { timeOfRecord } from './record-time.ts'

const [rta, dewa] = [newGateway('AE-DU/GOV/RTA/gw-1'), newGateway('AE-DU/SEMI/DEWA/gw-1')]
const NOW = Date.UTC(2026, 10, 23)

test('a batch is read as it was written', () => {
  const directions = constantFrom('sent' as const, 'received' as const)
  check(
    property(
      array(string({ unit: 'grapheme' }), { minLength: 1, maxLength: 20 }),
      directions,
      (words, direction) => {
        const statements = words.map((word) => JSON.stringify({ word }))
        const batch = sealBatch(rta, dewa, statements)
        const record = encodeBatchRecord(batch, direction)
        assert.equal(isBatchRecord(record), true)
        const read = decodeBatchRecord(record)
        assert.deepEqual(
          { ...read, seals: sealsOf(read) },
          { direction, part: 0, header: batch.header, seals: batch.seals, lines: statements },
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('the ledger’s entry is the one of the specification, and the same after an erasure', () => {
  const batch = sealBatch(rta, dewa, neighbours(3, NOW))
  const record = encodeBatchRecord(batch, 'received')
  const seals = JSON.stringify(batch.seals.map(({ alg, key, value }) => ({ alg, key, value })))
  const wanted = `{"batch":"${digest256(batch.header)}","direction":"received","seals":"${digest256(seals)}","type":"wusla/evidence-entry/v1"}`
  assert.equal(batchEntry(record).toString(), wanted)
  assert.equal(ledgerEntryOf(batch.header, 'received', batch.seals), wanted)
  const [, second = ''] = batch.statements
  const erased = Buffer.from(record.toString().replace(second, erasedLine(second)))
  assert.equal(erased.length, record.length)
  assert.equal(batchEntry(erased).toString(), wanted)
})

test('an erased line keeps the leaf of its statement and its length, and nothing else', () => {
  for (const statement of [...neighbours(1, NOW), JSON.stringify({ path: 'فاتورة'.repeat(20) })]) {
    const left = erasedLine(statement)
    assert.equal(isErased(left), true)
    assert.equal(isErased(statement), false)
    assert.deepEqual(lineLeaf(left), leafHash(statement))
    assert.deepEqual(lineLeaf(statement), leafHash(statement))
    assert.equal(Buffer.byteLength(left), Buffer.byteLength(statement))
    assert.match(left, /^-[\w-]{43} *$/)
  }
})

test('a large batch lies in several records and is put together again, from any of them', async () => {
  const statements = Array.from({ length: 9 }, (_, at) => JSON.stringify({ at, text: 'x'.repeat(300_000) }))
  const batch = sealBatch(rta, dewa, statements)
  const parts = encodeBatchParts(batch, 'sent')
  assert.equal(parts.length, 5)
  const records = [Buffer.from('note\n{}'), ...parts]
  const reader = { readRecord: async (index: number) => records[index] }
  for (const [at, part] of parts.entries()) {
    const read = await readBatch(reader, at + 1)
    assert.ok(read)
    assert.deepEqual(read.lines, statements)
    assert.equal(read.index, 1)
    assert.equal(read.lines[read.offset], decodeBatchRecord(part).lines[0])
  }
  assert.notEqual(
    batchEntry(parts[1] ?? Buffer.alloc(0)).toString(),
    batchEntry(parts[2] ?? Buffer.alloc(0)).toString(),
  )
  records.pop()
  assert.equal(await readBatch(reader, 1), undefined, 'a batch that was cut off was never acknowledged')
  assert.equal(await readBatch(reader, 0), undefined)
  assert.equal(await readBatch(reader, 99), undefined)
})

test('a note is read as it was written; one that is too long keeps its kind', () => {
  const note = { kind: 'cut_stream', atMs: NOW, exchange: 'e', details: { code: 'no_path', bytes: 7 } }
  const record = encodeNoteRecord(note)
  assert.equal(isBatchRecord(record), false)
  assert.deepEqual(decodeNoteRecord(record), note)
  assert.match(noteEntry(record).toString(), /^\{"note":"[\w-]{43}","type":"wusla\/evidence-entry\/v1"\}$/)
  const long = encodeNoteRecord({ ...note, details: { text: 'x'.repeat(MAX_NOTE_BYTES) } })
  assert.deepEqual(decodeNoteRecord(long), { kind: 'cut_stream', atMs: NOW, exchange: 'e', cut: true })
  assert.throws(() => encodeNoteRecord({ kind: 'two\nlines', atMs: NOW }), { code: 'internal_error' })
})

test('about when a record was made', () => {
  assert.equal(timeOfRecord(encodeBatchRecord(sealBatch(rta, dewa, neighbours(2, NOW)), 'sent')), NOW)
  assert.equal(timeOfRecord(encodeNoteRecord({ kind: 'refused', atMs: NOW })), NOW)
  assert.equal(timeOfRecord(Buffer.from('batch sent\n{}\n[]\n-AAAA')), undefined)
})

test('notes are counted against their budget, and a clock that jumps gives nothing extra', () => {
  let nowMs = 1_000_000
  const gate = createNoteGate({ perSecond: 2, burst: 3 }, { nowMs: () => nowMs })
  const take = (times: number): number =>
    Array.from({ length: times }, () => gate.take()).filter(Boolean).length
  assert.equal(take(10), 3)
  assert.equal(gate.takeDropped(), 7)
  assert.equal(gate.takeDropped(), 0)
  nowMs += 1000
  assert.equal(take(10), 2)
  nowMs -= 500_000
  assert.equal(take(10), 0)
  nowMs += 3_600_000
  assert.equal(take(10), 3)
})
