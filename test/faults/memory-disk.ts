import { dirname } from 'node:path'
import type { FileLock } from '../../src/ledger/file-lock.ts'
import type { FileSystem, FileUse } from '../../src/ledger/file-system.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'

/** A sector reaches the disk whole or not at all. */
const SECTOR_BYTES = 512

/** Decides, for each thing that was not synced, whether a power cut spares it. */
export type Survives = () => boolean

interface File {
  /** What a running program sees. */
  seen: Buffer
  /** What a power cut certainly leaves. */
  kept: Buffer
  /** Sectors whose write failed: the system believes them clean, so that no later sync writes them. */
  readonly forgotten: Set<number>
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
}

/**
 * A disk in memory that forgets: content is kept by a power cut only after `sync` or `writeDurably`, names only
 * after `syncDirectory`. Of everything else the cut keeps what it likes, content by sectors.
 */
export class MemoryDisk {
  /** Directory → name → file, as a running program sees it. */
  readonly #names: Map<string, Map<string, File>>
  readonly #keptNames: Map<string, Map<string, File>>
  readonly #keptDirectories: Set<string>
  readonly #open = new Map<number, File>()
  readonly #locks = new Set<string>()
  #nextFd = 3

  /** An empty disk with one directory. */
  constructor(root: string) {
    this.#names = new Map([[root, new Map<string, File>()]])
    this.#keptNames = new Map([[root, new Map<string, File>()]])
    this.#keptDirectories = new Set([root])
  }

  /** What the disk holds after the power was cut. */
  afterPowerCut(survives: Survives): MemoryDisk {
    const left = new MemoryDisk('/unused')
    const files = new Map<File, File>()
    // Parents come before what is in them.
    for (const [directory, seen] of this.#names) {
      const isLost = !this.#keptDirectories.has(directory) && !survives()
      const parent = dirname(directory)
      if (isLost || (this.#names.has(parent) && !left.#names.has(parent))) continue
      left.#keptDirectories.add(directory)
      const kept = this.#keptNames.get(directory)
      const names = settleNames(seen, kept ?? new Map<string, File>(), survives)
      const settled = new Map<string, File>()
      for (const [name, file] of names) {
        const known = files.get(file) ?? settleFile(file, survives)
        files.set(file, known)
        settled.set(name, known)
      }
      left.#names.set(directory, settled)
      left.#keptNames.set(directory, new Map(settled))
    }
    return left
  }

  /** The calls of a program that runs on this disk. */
  fileSystem(): FileSystem {
    return {
      open: async (path, use) => this.#openFile(path, use),
      close: async (fd) => void this.#open.delete(fd),
      size: async (fd) => this.#file(fd).seen.length,
      read: async (fd, buffer, position) => this.#file(fd).seen.copy(buffer, 0, position),
      write: async (fd, bytes, position) => this.#put(fd, bytes, position),
      writeDurably: async (fd, parts, position) => {
        const bytes = Buffer.concat(parts)
        this.#put(fd, bytes, position)
        const file = this.#file(fd)
        file.kept = overlay(file.kept, bytes, position)
      },
      truncate: async (fd, bytes) => {
        const file = this.#file(fd)
        file.seen = Buffer.from(file.seen.subarray(0, bytes))
      },
      sync: async (fd) => {
        const file = this.#file(fd)
        const old = file.kept
        file.kept = Buffer.from(file.seen)
        for (const sector of file.forgotten) {
          const at = sector * SECTOR_BYTES
          file.kept.fill(0, at, at + SECTOR_BYTES)
          file.kept.set(old.subarray(at, Math.min(at + SECTOR_BYTES, file.kept.length)), at)
        }
      },
      syncDirectory: async (path) => {
        this.#keptNames.set(path, new Map(this.#directory(path)))
        for (const inside of this.#names.keys())
          if (dirname(inside) === path) this.#keptDirectories.add(inside)
      },
      rename: async (from, to) => {
        const file = this.#lookUp(from)
        this.#directory(dirname(to)).set(baseName(to), file)
        this.#directory(dirname(from)).delete(baseName(from))
      },
      remove: async (path) => {
        this.#lookUp(path)
        this.#directory(dirname(path)).delete(baseName(path))
      },
      makeDirectory: async (path) => {
        this.#directory(dirname(path))
        if (this.#names.has(path)) return false
        this.#names.set(path, new Map())
        this.#keptNames.set(path, new Map())
        return true
      },
      list: async (path) => [...this.#directory(path).keys()],
      lock: (path) => this.#lock(path),
    }
  }

  /** A write that failed after the bytes could be read: they are not on the disk, and no sync brings them there. */
  forget(fd: number, bytes: Uint8Array, position: number): void {
    this.#put(fd, bytes, position)
    for (const sector of sectorsOf(bytes, position)) this.#file(fd).forgotten.add(sector)
  }

  #openFile(path: string, use: FileUse): number {
    let file = this.#directory(dirname(path)).get(baseName(path))
    if (file === undefined) {
      if (use !== 'replace') throw missing(path)
      file = { seen: Buffer.alloc(0), kept: Buffer.alloc(0), forgotten: new Set() }
      this.#directory(dirname(path)).set(baseName(path), file)
    }
    if (use === 'replace') file.seen = Buffer.alloc(0)
    this.#nextFd += 1
    this.#open.set(this.#nextFd, file)
    return this.#nextFd
  }

  #put(fd: number, bytes: Uint8Array, position: number): void {
    const file = this.#file(fd)
    file.seen = overlay(file.seen, bytes, position)
    for (const sector of sectorsOf(bytes, position)) file.forgotten.delete(sector)
  }

  #file(fd: number): File {
    const file = this.#open.get(fd)
    if (file === undefined) throw Object.assign(new Error('EBADF'), { code: 'EBADF' })
    return file
  }

  #directory(path: string): Map<string, File> {
    const directory = this.#names.get(path)
    if (directory === undefined) throw missing(path)
    return directory
  }

  #lookUp(path: string): File {
    const file = this.#directory(dirname(path)).get(baseName(path))
    if (file === undefined) throw missing(path)
    return file
  }

  #lock(path: string): FileLock {
    this.#directory(dirname(path))
    if (this.#locks.has(path)) throw new WuslaError('ledger_locked')
    this.#locks.add(path)
    return { release: () => void this.#locks.delete(path) }
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function sectorsOf(bytes: Uint8Array, position: number): number[] {
  const first = Math.floor(position / SECTOR_BYTES)
  const count = bytes.length === 0 ? 0 : Math.floor((position + bytes.length - 1) / SECTOR_BYTES) - first + 1
  return Array.from({ length: count }, (_, i) => first + i)
}

function overlay(under: Buffer, bytes: Uint8Array, position: number): Buffer {
  const result = Buffer.alloc(Math.max(under.length, position + bytes.length))
  under.copy(result)
  result.set(bytes, position)
  return result
}

function settleNames(
  seen: ReadonlyMap<string, File>,
  kept: ReadonlyMap<string, File>,
  survives: Survives,
): Map<string, File> {
  const names = new Map<string, File>()
  for (const name of new Set([...seen.keys(), ...kept.keys()])) {
    const isSame = seen.get(name) === kept.get(name)
    const file = isSame || !survives() ? kept.get(name) : seen.get(name)
    if (file !== undefined) names.set(name, file)
  }
  return names
}

function settleFile(file: File, survives: Survives): File {
  const { seen, kept } = file
  const length = seen.length !== kept.length && survives() ? seen.length : kept.length
  const content = Buffer.alloc(length)
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const end = Math.min(at + SECTOR_BYTES, length)
    const isSame = seen.subarray(at, end).equals(kept.subarray(at, end))
    const source = isSame || !survives() ? kept : seen
    content.set(source.subarray(at, end), at)
  }
  return { seen: content, kept: Buffer.from(content), forgotten: new Set() }
}
