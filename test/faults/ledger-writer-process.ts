import { openLedger } from '../../src/ledger/ledger.ts'
import { parseSkey } from '../../src/trust/note-key.ts'

/**
 * Appends records to a ledger without end, from several writers at once, and tells on standard output what was
 * acknowledged (`a <index> <text> .`) and which checkpoints were signed (`c <base64 of the note> .`).
 */
const [directory = '', skey = '', label = ''] = process.argv.slice(2)
const signer = parseSkey(skey)
const ledger = await openLedger({
  directory,
  origin: signer.name,
  signer,
  writeEntryBundles: true,
  create: true,
  clock: { nowMs: () => Date.now() },
  onEvent: () => undefined,
  segmentBytes: 200_000,
})

const WRITERS = 20
let next = 0

async function write(): Promise<never> {
  for (;;) {
    const text = `${label}-${next}-${'x'.repeat(next % 700)}`
    next += 1
    const { index } = await ledger.append(Buffer.from(text))
    process.stdout.write(`a ${index} ${text} .\n`)
  }
}

async function publish(): Promise<never> {
  for (;;) {
    const note = await ledger.checkpoint()
    process.stdout.write(`c ${Buffer.from(note).toString('base64')} .\n`)
    await new Promise(setImmediate)
  }
}

process.stdout.write('open\n')
await Promise.all([publish(), ...Array.from({ length: WRITERS }, write)])
