import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { openLedger } from '../../src/ledger/ledger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { generateNoteKey } from '../../src/trust/note-key.ts'
import { checkLedger, nothingSeen } from './ledger-run.ts'

const directory = mkdtempSync(join(tmpdir(), 'wusla-kill-'))
const signer = generateNoteKey('kill.example')
const seen = nothingSeen()
const WRITER = new URL('ledger-writer-process.ts', import.meta.url).pathname

after(() => rmSync(directory, { recursive: true }))

function open(): Promise<Ledger> {
  return openLedger({
    directory,
    origin: signer.name,
    signer,
    writeEntryBundles: true,
    create: false,
    clock: { nowMs: () => Date.now() },
    onEvent: () => undefined,
  })
}

/** Lets a writer run until it has told so many lines and checkpoints, and kills it at once. */
async function writeAndKill(label: string, lines: number, checkpoints: number): Promise<void> {
  const writer = spawn(process.execPath, [WRITER, directory, signer.skey(), label], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(writer, 'exit')
  const enough = seen.checkpoints.length + checkpoints
  let told = 0
  for await (const line of createInterface({ input: writer.stdout })) {
    // A line without its full stop was cut short by the kill: nobody has read that promise.
    const [kind, first = '', text = ''] = line.endsWith('.') || line === 'open' ? line.split(' ') : []
    if (kind === 'a') seen.acknowledged.set(Number(first), text)
    if (kind === 'c') seen.checkpoints.push(Buffer.from(first, 'base64').toString())
    if (kind === 'open') await assertLocked()
    told += 1
    if (told >= lines && seen.checkpoints.length >= enough) writer.kill('SIGKILL')
  }
  const [, signal] = await ended
  assert.equal(signal, 'SIGKILL')
  assert.ok(told >= lines, `${told} lines`)
}

async function assertLocked(): Promise<void> {
  await assert.rejects(open(), (error) => isWuslaError(error) && error.code === 'ledger_locked')
}

test('a writer is killed again and again: nothing acknowledged is lost, nothing signed is contradicted', async () => {
  const rounds = [
    [1, 0],
    [400, 2],
    [30, 0],
    [2_000, 3],
    [5, 0],
    [900, 2],
  ] as const
  for (const [round, [lines, checkpoints]] of rounds.entries()) {
    await writeAndKill(`round${round}`, lines, checkpoints)
    await using ledger = await open()
    await checkLedger(ledger, seen)
  }
  assert.ok(seen.acknowledged.size > 2_000, `${seen.acknowledged.size} records were acknowledged`)
  assert.ok(seen.checkpoints.length >= 7, `${seen.checkpoints.length} checkpoints were told`)
})
