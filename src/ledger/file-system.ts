import fs from 'node:fs'
import { lockFile } from './file-lock.ts'
import type { FileLock } from './file-lock.ts'

/** How {@link FileSystem.open} opens a file. */
export type FileUse =
  /** Reading; the file must be there. */
  | 'read'
  /** Writing from the beginning; what was there is gone. */
  | 'replace'
  /** Reading, and writing through {@link FileSystem.writeDurably}; the file must be there. */
  | 'durable'

/**
 * The few calls through which a ledger touches the disk. Passed in, so that a test can make each of them fail,
 * also after it has done its work. Every promise rejects with the error of the system, whose `code` is kept.
 */
export interface FileSystem {
  open(path: string, use: FileUse): Promise<number>
  close(fd: number): Promise<void>
  /** Length of an open file in bytes. */
  size(fd: number): Promise<number>
  /** Fills as much of `buffer` as the file holds from `position` on; fewer bytes only at the end of the file. */
  read(fd: number, buffer: Uint8Array, position: number): Promise<number>
  /** Writes all bytes; they may still be in memory when it resolves. */
  write(fd: number, bytes: Uint8Array, position: number): Promise<void>
  /**
   * Writes all parts one after the other. When it resolves, the bytes and what is needed to find them are on
   * stable storage, as after `write` and `fdatasync`. Only for files opened as `durable`.
   */
  writeDurably(fd: number, parts: readonly Uint8Array[], position: number): Promise<void>
  truncate(fd: number, bytes: number): Promise<void>
  /** `fsync` of an open file. */
  sync(fd: number): Promise<void>
  /** `fsync` of a directory: names made or removed in it are durable from then on. */
  syncDirectory(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes one directory (mode 0700); resolves to false when it is there already. */
  makeDirectory(path: string): Promise<boolean>
  /** Names in a directory, in no order. */
  list(path: string): Promise<string[]>
  /** Holds what this file guards, alone among all processes. @throws WuslaError `ledger_locked` */
  lock(path: string): FileLock
}

/**
 * Linux does a write and its `fdatasync` in one call on a file opened with O_DSYNC (open(2)): one trip to the
 * thread pool instead of two. Elsewhere the flag promises less, so there a real `fdatasync` follows.
 */
const WRITES_ARE_DURABLE = process.platform === 'linux'

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_TRUNC, O_DSYNC } = fs.constants

const OPEN_FLAGS: Readonly<Record<FileUse, number>> = {
  read: O_RDONLY,
  replace: O_WRONLY | O_CREAT | O_TRUNC,
  durable: WRITES_ARE_DURABLE ? O_RDWR | O_DSYNC : O_RDWR,
}

/** The real disk. Files are made with mode 0600. */
export const nodeFileSystem: FileSystem = Object.freeze({
  open: (path: string, use: FileUse) =>
    new Promise<number>((resolve, reject) => {
      fs.open(path, OPEN_FLAGS[use], 0o600, (error, fd) => (error === null ? resolve(fd) : reject(error)))
    }),
  close: (fd: number) => settle((done) => fs.close(fd, done)),
  size: (fd: number) =>
    new Promise<number>((resolve, reject) => {
      fs.fstat(fd, (error, facts) => (error === null ? resolve(facts.size) : reject(error)))
    }),
  read: readFully,
  write: (fd: number, bytes: Uint8Array, position: number) => writeFully(fd, bytes, position),
  writeDurably: WRITES_ARE_DURABLE ? writeParts : writeAndSync,
  truncate: (fd: number, bytes: number) => settle((done) => fs.ftruncate(fd, bytes, done)),
  sync: (fd: number) => settle((done) => fs.fsync(fd, done)),
  async syncDirectory(path: string): Promise<void> {
    const fd = await nodeFileSystem.open(path, 'read')
    try {
      await nodeFileSystem.sync(fd)
    } finally {
      await nodeFileSystem.close(fd)
    }
  },
  rename: (from: string, to: string) => settle((done) => fs.rename(from, to, done)),
  remove: (path: string) => settle((done) => fs.unlink(path, done)),
  makeDirectory: (path: string) =>
    new Promise<boolean>((resolve, reject) => {
      fs.mkdir(path, 0o700, (error) => {
        if (error === null) resolve(true)
        else if (error.code === 'EEXIST') resolve(false)
        else reject(error)
      })
    }),
  list: (path: string) =>
    new Promise<string[]>((resolve, reject) => {
      fs.readdir(path, (error, names) => (error === null ? resolve(names) : reject(error)))
    }),
  lock: lockFile,
})

/** Whether an error of the system says that a file or directory is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function settle(call: (done: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

function readSome(fd: number, buffer: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, offset, buffer.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
}

async function readFully(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < buffer.length) {
    const count = await readSome(fd, buffer, done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

function writeSome(fd: number, bytes: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, offset, bytes.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
}

async function writeFully(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) done += await writeSome(fd, bytes, done, position + done)
}

/** One call for a group of records: the system takes everything at once, except near the end of its space. */
async function writeParts(fd: number, parts: readonly Uint8Array[], position: number): Promise<void> {
  const written = await writeAtOnce(fd, parts, position)
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  if (written < total) await writeFully(fd, Buffer.concat(parts).subarray(written), position + written)
}

function writeAtOnce(fd: number, parts: readonly Uint8Array[], position: number): Promise<number> {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return writeSome(fd, only, 0, position)
  return new Promise((resolve, reject) => {
    fs.writev(fd, [...parts], position, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

async function writeAndSync(fd: number, parts: readonly Uint8Array[], position: number): Promise<void> {
  await writeParts(fd, parts, position)
  await settle((done) => fs.fdatasync(fd, done))
}
