import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WuslaError } from '../protocol/wusla-error.ts'

/** How {@link writePrivateFile} treats a file that is already there. Default: `replace`. */
export interface PrivateFileOptions {
  /** `create` refuses to touch an existing file: for keys, whose loss cannot be undone. */
  readonly mode?: 'create' | 'replace'
}

/**
 * Writes a file that only its owner may read (mode 0600). When the promise resolves the bytes and the name
 * are durable; a crash at any moment leaves either the old file or the new one, never half of one.
 *
 * @throws WuslaError `file_exists` when `mode` is `create` and the file is there.
 */
export async function writePrivateFile(
  file: string,
  data: string | Uint8Array,
  options: PrivateFileOptions = {},
): Promise<void> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}.new`
  await writeDurably(fresh, data)
  if (options.mode === 'create') await nameOnce(fresh, file)
  else await replace(fresh, file)
  await syncDirectory(dirname(file))
}

/**
 * Reads a file that holds a secret.
 *
 * @throws WuslaError `secret_exposed` when everybody on the machine may read or change the file,
 * `file_unreadable` when it is not there or longer than `maxBytes` (default 65,536).
 */
export async function readPrivateFile(file: string, maxBytes: number = 65_536): Promise<string> {
  const handle = await openExisting(file)
  try {
    const facts = await handle.stat()
    // NOTE: group access is left to the operator, since orchestrators mount secrets readable by a group.
    if (process.platform !== 'win32' && (facts.mode & 0o007) !== 0) {
      throw new WuslaError('secret_exposed', { details: { file } })
    }
    if (facts.size > maxBytes) throw new WuslaError('file_unreadable', { details: { file, maxBytes } })
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function openExisting(file: string): ReturnType<typeof open> {
  try {
    return await open(file, 'r')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) throw new WuslaError('file_unreadable', { details: { file }, cause })
    throw cause
  }
}

// A secret that found no place must not stay behind under a name that nobody looks at.
async function writeDurably(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(data)
    await handle.sync()
  } catch (cause) {
    await unlink(file)
    throw cause
  } finally {
    await handle.close()
  }
}

async function replace(fresh: string, file: string): Promise<void> {
  try {
    await rename(fresh, file)
  } catch (cause) {
    await unlink(fresh)
    throw cause
  }
}

// A link fails when the name is taken, in one step: two starts at once cannot overwrite each other's key.
async function nameOnce(fresh: string, file: string): Promise<void> {
  try {
    await link(fresh, file)
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) throw new WuslaError('file_exists', { details: { file }, cause })
    throw cause
  } finally {
    await unlink(fresh)
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
