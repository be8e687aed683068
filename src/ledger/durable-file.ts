import { dirname, join } from 'node:path'
import { isMissing } from './file-system.ts'
import type { FileSystem } from './file-system.ts'

/** One file to be written, by its path. */
export interface NewFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Files written at the same time. The system joins their syncs; the thread pool keeps a thread for the journal. */
const LANES = 3

/**
 * Replaces a file in one step. When the promise resolves the new content and its name are durable; when it
 * rejects, the file holds the old content or the new one, never a part.
 *
 * NOTE: the temporary name is fixed (`<path>.new`), so only one writer may replace a path at a time.
 */
export async function replaceFile(fs: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await writeAside(fs, { path, bytes })
  await fs.syncDirectory(dirname(path))
}

/** Like {@link replaceFile} for many files; each directory is synced once, after the last of its files. */
export async function replaceFiles(fs: FileSystem, files: readonly NewFile[]): Promise<void> {
  const waiting = files.values()
  const write = async (): Promise<void> => {
    for (const file of waiting) await writeAside(fs, file)
  }
  const lanes = Array.from({ length: LANES }, write)
  // Every lane has come to rest before a failure is told: nobody may write to these paths afterwards.
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
  const directories = new Set(files.map((file) => dirname(file.path)))
  for (const directory of directories) await fs.syncDirectory(directory)
}

async function writeAside(fs: FileSystem, file: NewFile): Promise<void> {
  const aside = `${file.path}.new`
  const fd = await fs.open(aside, 'replace')
  try {
    await fs.write(fd, file.bytes, 0)
    // The bytes must be durable before the name is: else a power cut leaves the name with nothing behind it.
    await fs.sync(fd)
  } finally {
    await fs.close(fd)
  }
  await fs.rename(aside, file.path)
}

/** The content of a file of at most `maxBytes`, or undefined when it is not there. Longer files are cut. */
export async function readFileIfThere(
  fs: FileSystem,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const fd = await openIfThere(fs, path)
  if (fd === undefined) return undefined
  try {
    const buffer = Buffer.allocUnsafe(Math.min(await fs.size(fd), maxBytes))
    return buffer.subarray(0, await fs.read(fd, buffer, 0))
  } finally {
    await fs.close(fd)
  }
}

/** An open file for reading, or undefined when it is not there. The caller closes it. */
export async function openIfThere(fs: FileSystem, path: string): Promise<number | undefined> {
  try {
    return await fs.open(path, 'read')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

/**
 * Makes `root/a/b/c` from the names `a`, `b`, `c`, durably. `root` must be there. `known` remembers what is
 * durable already: a directory found on disk may stem from a call whose sync failed, so it is not trusted.
 */
export async function ensureDirectory(
  fs: FileSystem,
  root: string,
  names: readonly string[],
  known: Set<string>,
): Promise<string> {
  let path = root
  for (const name of names) {
    const parent = path
    path = join(parent, name)
    if (known.has(path)) continue
    await fs.makeDirectory(path)
    await fs.syncDirectory(parent)
    known.add(path)
  }
  return path
}
