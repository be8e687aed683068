import type { FileSystem } from '../../src/ledger/file-system.ts'
import type { MemoryDisk } from './memory-disk.ts'

/**
 * How a call goes wrong: `before` it did anything, `after` it has done everything, `halfway` (a write: the first
 * half of the bytes is there) or `unsynced` (a durable write: all bytes can be read, none is on the disk).
 */
export type FaultMode = 'before' | 'after' | 'halfway' | 'unsynced'

/** Which call goes wrong, counted from 1 over all calls that change something. */
export interface Fault {
  readonly call: number
  readonly mode: FaultMode
  /** Every later call fails as well, as if the process had died there. */
  readonly forGood: boolean
}

/** A file system whose changes are counted, and one of which goes wrong. */
export interface FaultyFileSystem {
  readonly fs: FileSystem
  /** Names of the calls made so far. */
  readonly calls: readonly string[]
}

interface Part {
  readonly halfway?: () => Promise<void>
  readonly unsynced?: () => Promise<void>
}

function broken(): Error {
  return Object.assign(new Error('EIO: planned fault'), { code: 'EIO' })
}

/** The calls of a program on this disk; without a fault it only counts. */
export function withFault(disk: MemoryDisk, fault?: Fault): FaultyFileSystem {
  const real = disk.fileSystem()
  const calls: string[] = []
  async function step<T>(name: string, work: () => Promise<T>, part?: Part): Promise<T> {
    calls.push(name)
    if (fault === undefined || calls.length < fault.call) return work()
    if (calls.length > fault.call && !fault.forGood) return work()
    if (calls.length === fault.call && fault.mode === 'after') await work()
    if (calls.length === fault.call && fault.mode === 'halfway') await part?.halfway?.()
    if (calls.length === fault.call && fault.mode === 'unsynced') await part?.unsynced?.()
    throw broken()
  }
  const halfOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.ceil(bytes.length / 2))
  const fs: FileSystem = {
    ...real,
    open: (path, use) => (use === 'read' ? real.open(path, use) : step('open', () => real.open(path, use))),
    write: (fd, bytes, position) =>
      step('write', () => real.write(fd, bytes, position), {
        halfway: () => real.write(fd, halfOf(bytes), position),
      }),
    writeDurably: (fd, parts, position) =>
      step('writeDurably', () => real.writeDurably(fd, parts, position), {
        halfway: () => real.write(fd, halfOf(Buffer.concat(parts)), position),
        unsynced: async () => disk.forget(fd, Buffer.concat(parts), position),
      }),
    truncate: (fd, bytes) => step('truncate', () => real.truncate(fd, bytes)),
    sync: (fd) => step('sync', () => real.sync(fd)),
    syncDirectory: (path) => step('syncDirectory', () => real.syncDirectory(path)),
    rename: (from, to) => step('rename', () => real.rename(from, to)),
    remove: (path) => step('remove', () => real.remove(path)),
    makeDirectory: (path) => step('makeDirectory', () => real.makeDirectory(path)),
  }
  return { fs, calls }
}
