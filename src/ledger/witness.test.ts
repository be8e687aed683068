import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import type { NoteSigner } from '../trust/note-key.ts'
import { askWitness } from './ask-witness.ts'
import { openCheckpoint } from './checkpoint.ts'
import { nodeFileSystem } from './file-system.ts'
import type { FileSystem } from './file-system.ts'
import { openLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { openWitness, witnessAnswer } from './witness.ts'
import type { Witness, WitnessEvent } from './witness.ts'
import { formatAddCheckpoint } from './witness-request.ts'

const log = generateNoteKey('ledger.example/a')
const key = generateNoteKey('witness.example/w', 'cosignature')
let directory = ''
let events: WitnessEvent[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wusla-witness-'))
  mkdirSync(join(directory, 'witness'))
  events = []
})

afterEach(() => rmSync(directory, { recursive: true }))

function open(fs: FileSystem = nodeFileSystem, signer: NoteSigner = key): Witness {
  return openWitness({
    directory: join(directory, 'witness'),
    signer,
    logKeys: (origin) => (origin === log.name ? [log.verifier] : undefined),
    clock: { nowMs: () => 1_767_225_600_900 },
    onEvent: (event) => events.push(event),
    fs,
  })
}

function openLog(name: string): Promise<Ledger> {
  return openLedger({
    directory: join(directory, name),
    origin: log.name,
    signer: log,
    writeEntryBundles: false,
    create: true,
    clock: { nowMs: () => 0 },
    onEvent: () => undefined,
  })
}

async function growTo(ledger: Ledger, size: number, label: string = 'entry'): Promise<string> {
  const missing = Array.from({ length: size - ledger.size }, (_, i) => `${label} ${ledger.size + i}`)
  await Promise.all(missing.map((text) => ledger.append(Buffer.from(text))))
  return ledger.checkpoint()
}

const post =
  (witness: Witness) =>
  async (body: string): Promise<{ status: number; body: string }> =>
    witnessAnswer(await witness.addCheckpoint(body))

suite('asking a witness', () => {
  test('a ledger that grows is cosigned, also after a restart of the witness', async () => {
    await using ledger = await openLog('a')
    for (const size of [3, 3, 300]) {
      await growTo(ledger, size)
      await using witness = open()
      const reply = await askWitness(ledger, log.verifier, { key: key.verifier, post: post(witness) })
      assert.deepEqual(reply, { ok: true, size })
      const trust = { origin: log.name, log: log.verifier, witnesses: [key.verifier] }
      for (const note of [ledger.latestCheckpoint(), await witness.latest(log.name)]) {
        const opened = openCheckpoint(note ?? '', trust)
        assert.ok(opened.ok && opened.size === size)
        assert.deepEqual(
          opened.cosignatures.map(({ timeSeconds }) => timeSeconds),
          [1_767_225_600],
        )
      }
    }
  })

  test('a ledger that lost its end learns that the witness is ahead', async () => {
    await using ledger = await openLog('a')
    await using witness = open()
    const contact = { key: key.verifier, post: post(witness) }
    await growTo(ledger, 5)
    await askWitness(ledger, log.verifier, contact)
    await using older = await openLog('b')
    await growTo(older, 3)
    const reply = await askWitness(older, log.verifier, contact)
    assert.deepEqual(reply, { ok: false, reason: 'ahead', size: 5 })
  })

  test('a fork is refused, told, and the memory stays', async () => {
    await using ledger = await openLog('a')
    await using fork = await openLog('b')
    await using witness = open()
    const contact = { key: key.verifier, post: post(witness) }
    await growTo(ledger, 5)
    await askWitness(ledger, log.verifier, contact)
    await growTo(fork, 7, 'other')
    const reply = await askWitness(fork, log.verifier, contact)
    assert.deepEqual(reply, { ok: false, reason: 'refused', status: 422 })
    assert.equal(events.at(-1)?.kind, 'checkpoint_conflict')
    assert.match((await witness.latest(log.name)) ?? '', /\n5\n/)
  })

  test('an answer that is no good cosignature is not kept', async () => {
    await using ledger = await openLog('a')
    const before = await growTo(ledger, 2)
    const answers = async (): Promise<{ status: number; body: string }> => ({
      status: 200,
      body: '— x AAAAAAA=\n',
    })
    const reply = await askWitness(ledger, log.verifier, { key: key.verifier, post: answers })
    assert.deepEqual(reply, { ok: false, reason: 'bad-cosignature' })
    assert.equal(ledger.latestCheckpoint(), before)
    const failing = async (): Promise<{ status: number; body: string }> => ({ status: 409, body: '1\n' })
    const tried = await askWitness(ledger, log.verifier, { key: key.verifier, post: failing })
    assert.deepEqual(tried, { ok: false, reason: 'refused', status: 409 })
  })
})

suite('a witness', () => {
  test('compares and stores in one step', async () => {
    await using one = await openLog('a')
    await using two = await openLog('b')
    const notes = [await growTo(one, 4), await growTo(two, 4, 'other')]
    await using witness = open()
    const results = await Promise.all(
      notes.map((note) => witness.addCheckpoint(formatAddCheckpoint(0, [], note))),
    )
    assert.deepEqual(
      results.map((result) => result.ok),
      [true, false],
    )
    assert.deepEqual(results[1], { ok: false, reason: 'other-size', size: 4n })
  })

  test('answers only what it has stored', async () => {
    await using ledger = await openLog('a')
    const body = formatAddCheckpoint(0, [], await growTo(ledger, 4))
    for (const step of ['write', 'sync', 'rename', 'syncDirectory'] as const) {
      const failing: FileSystem = { ...nodeFileSystem, [step]: () => Promise.reject(new Error('EIO')) }
      await using witness = open(failing)
      await assert.rejects(witness.addCheckpoint(body), /EIO/, step)
    }
    await using witness = open()
    const stored = await witness.latest(log.name)
    const result = await witness.addCheckpoint(
      formatAddCheckpoint(stored === undefined ? 0 : 4, [], await growTo(ledger, 4)),
    )
    assert.ok(result.ok)
  })

  test('stops for a ledger whose memory is damaged', async () => {
    await using ledger = await openLog('a')
    const note = await growTo(ledger, 4)
    {
      await using witness = open()
      assert.ok((await witness.addCheckpoint(formatAddCheckpoint(0, [], note))).ok)
    }
    const [name] = readdirSync(join(directory, 'witness')).filter((name) => name.endsWith('.checkpoint'))
    writeFileSync(join(directory, 'witness', name ?? ''), '')
    await using witness = open()
    await assert.rejects(
      witness.addCheckpoint(formatAddCheckpoint(0, [], note)),
      (error) => isWuslaError(error) && error.code === 'ledger_corrupt',
    )
  })

  test('keeps no lines that it did not verify', async () => {
    await using ledger = await openLog('a')
    const note = await growTo(ledger, 1)
    await using witness = open()
    const stranger = `— stranger.example ${Buffer.alloc(3_000, 7).toString('base64')}\n`
    assert.ok((await witness.addCheckpoint(formatAddCheckpoint(0, [], note + stranger))).ok)
    assert.doesNotMatch((await witness.latest(log.name)) ?? '', /stranger/)
  })

  test('needs a key for cosigning, and its directory for itself', async () => {
    assert.throws(
      () => open(nodeFileSystem, log),
      (error) => isWuslaError(error) && error.code === 'invalid_key',
    )
    await using witness = open()
    assert.throws(
      () => open(),
      (error) => isWuslaError(error) && error.code === 'ledger_locked',
    )
    assert.equal(await witness.latest('ledger.example/unknown'), undefined)
  })
})
