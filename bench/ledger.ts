import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeFileSystem } from '../src/ledger/file-system.ts'
import type { FileSystem } from '../src/ledger/file-system.ts'
import { openLedger } from '../src/ledger/ledger.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { systemClock } from '../src/protocol/clock.ts'
import { generateNoteKey } from '../src/trust/note-key.ts'

/**
 * Speed of the ledger on this machine's disk: durable appends with so many callers waiting at a time, entries
 * brought into the tree, and proofs. `--json` prints one object, `--seconds N` sets the time of each part.
 */
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '3' } },
})
const partMs = Number(values.seconds) * 1_000
const RECORD = Buffer.alloc(1_000, 'r')
const PROOF_RUN = 2_000

interface AppendResult {
  readonly appendsPerSecond: number
  readonly cpuMicrosPerAppend: number
}

const root = mkdtempSync(join(tmpdir(), 'wusla-bench-ledger-'))

function open(name: string, fs: FileSystem = nodeFileSystem): Promise<Ledger> {
  const signer = generateNoteKey('bench.example')
  return openLedger({
    directory: join(root, name),
    origin: signer.name,
    signer,
    writeEntryBundles: true,
    create: true,
    clock: systemClock,
    onEvent: () => undefined,
    fs,
  })
}

async function measureAppends(ledger: Ledger, waiting: number): Promise<AppendResult> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + partMs
  let count = 0
  async function appendUntilEnd(): Promise<void> {
    while (performance.now() < end) {
      await ledger.append(RECORD)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: waiting }, appendUntilEnd))
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return {
    appendsPerSecond: Math.round(count / seconds),
    cpuMicrosPerAppend: round((user + system) / count),
  }
}

async function measureAllAppends(): Promise<Record<string, AppendResult>> {
  const results: Record<string, AppendResult> = {}
  for (const waiting of [1, 16, 128, 1_024]) {
    await using ledger = await open(`append-${waiting}`)
    results[`c${waiting}`] = await measureAppends(ledger, waiting)
  }
  return results
}

/** The same without a disk: what an append costs besides the grouped write. */
async function measureAppendCpu(): Promise<number> {
  let isMuted = false
  const fs: FileSystem = {
    ...nodeFileSystem,
    writeDurably: (fd, parts, position) =>
      isMuted ? Promise.resolve() : nodeFileSystem.writeDurably(fd, parts, position),
  }
  await using ledger = await open('append-cpu', fs)
  isMuted = true
  await measureAppends(ledger, 128)
  return (await measureAppends(ledger, 128)).cpuMicrosPerAppend
}

async function measureTree(entries: number): Promise<Record<string, number>> {
  await using ledger = await open('tree')
  for (let left = entries; left > 0; left -= 1_000) {
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => ledger.append(Buffer.from(`entry ${left - i}`))),
    )
  }
  const start = performance.now()
  await ledger.checkpoint()
  const integrateMs = performance.now() - start
  return {
    entries,
    entriesIntoTreePerSecond: Math.round((entries / integrateMs) * 1_000),
    recentProofsPerSecond: await measureProofs(ledger, (i) => ledger.size - 1 - (i % 10_000)),
    anyProofsPerSecond: await measureProofs(ledger, (i) => (i * 104_729) % ledger.size),
  }
}

async function measureProofs(ledger: Ledger, indexOf: (i: number) => number): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < PROOF_RUN; i += 1) await ledger.inclusionProof(indexOf(i), ledger.size)
  return Math.round((PROOF_RUN / (performance.now() - start)) * 1_000)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

try {
  const [processor] = cpus()
  const machine = { node: process.version, processor: processor?.model, cores: cpus().length }
  const appends = await measureAllAppends()
  const appendCpuMicrosWithoutDisk = await measureAppendCpu()
  const tree = await measureTree(200_000)
  const result = { machine, recordBytes: RECORD.length, appends, appendCpuMicrosWithoutDisk, tree }
  if (values.json) console.log(JSON.stringify(result))
  else console.dir(result, { depth: 4 })
} finally {
  rmSync(root, { recursive: true })
}
