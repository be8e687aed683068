import fs from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * What one durable write of a journal costs on this disk, in five ways of doing it: growing the file or writing
 * over space made before, and `write` + `fdatasync` or one write on a file opened with O_DSYNC. `--json`,
 * `--rounds N` (default 3), `--writes N` per round and way (default 1,000).
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    writes: { type: 'string', default: '1000' },
  },
})
const WRITES = Number(values.writes)
const STEP_BYTES = 256 * 1024
const { O_CREAT, O_RDWR, O_DSYNC } = fs.constants

interface Way {
  readonly name: string
  readonly flags: number
  readonly madeSpace: boolean
  /** The write itself on the event loop: no trip to the thread pool for it. */
  readonly onLoop?: boolean
}

const DSYNC = O_CREAT | O_RDWR | O_DSYNC
const PLAIN = O_CREAT | O_RDWR
const WAYS: readonly Way[] = [
  { name: 'grow, write + fdatasync', flags: PLAIN, madeSpace: false },
  { name: 'grow, O_DSYNC', flags: DSYNC, madeSpace: false },
  { name: 'made space, write + fdatasync', flags: PLAIN, madeSpace: true },
  { name: 'made space, writeSync + fdatasync', flags: PLAIN, madeSpace: true, onLoop: true },
  { name: 'made space, O_DSYNC', flags: DSYNC, madeSpace: true },
]

type Done = (error: NodeJS.ErrnoException | null) => void

function called(call: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error === null ? resolve() : reject(error))))
}

async function put(fd: number, way: Way, parts: Buffer[], at: number): Promise<void> {
  if (way.onLoop === true) fs.writevSync(fd, parts, at)
  else await called((done) => fs.writev(fd, parts, at, (error) => done(error)))
  if ((way.flags & O_DSYNC) !== O_DSYNC) await called((done) => fs.fdatasync(fd, done))
}

interface Sample {
  readonly p50Micros: number
  readonly p99Micros: number
  readonly cpuMicros: number
}

async function measure(way: Way, bytes: number, file: string): Promise<Sample> {
  const fd = fs.openSync(file, way.flags, 0o600)
  const record = Buffer.alloc(bytes, 'r')
  const times: number[] = []
  const cpu = process.cpuUsage()
  let space = 0
  for (let i = 0; i < WRITES; i += 1) {
    const at = i * bytes
    const start = performance.now()
    if (way.madeSpace && at + bytes > space) {
      space = Math.ceil((at + bytes) / STEP_BYTES) * STEP_BYTES
      await put(fd, way, [record, Buffer.alloc(space - at - bytes)], at)
    } else await put(fd, way, [record], at)
    times.push((performance.now() - start) * 1_000)
  }
  const { user, system } = process.cpuUsage(cpu)
  fs.closeSync(fd)
  fs.unlinkSync(file)
  times.sort((a, b) => a - b)
  const at = (part: number): number => Math.round(times[Math.floor(WRITES * part)] ?? 0)
  return { p50Micros: at(0.5), p99Micros: at(0.99), cpuMicros: Math.round((user + system) / WRITES) }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const directory = mkdtempSync(join(tmpdir(), 'wusla-bench-write-'))
try {
  const rows: Record<string, Sample> = {}
  for (const bytes of [1_000, 16_000]) {
    const samples = new Map<Way, Sample[]>(WAYS.map((way) => [way, []]))
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [way, list] of samples) list.push(await measure(way, bytes, join(directory, 'file')))
    }
    for (const [way, list] of samples) {
      rows[`${bytes} bytes, ${way.name}`] = {
        p50Micros: median(list.map(({ p50Micros }) => p50Micros)),
        p99Micros: median(list.map(({ p99Micros }) => p99Micros)),
        cpuMicros: median(list.map(({ cpuMicros }) => cpuMicros)),
      }
    }
  }
  if (values.json) console.log(JSON.stringify(rows))
  else console.table(rows)
} finally {
  rmSync(directory, { recursive: true })
}
