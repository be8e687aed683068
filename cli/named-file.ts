import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { UsageError } from './voice.ts'

/** What went wrong with a file, in words; anything rarer is told by the system's own code. */
const WHY: Readonly<Record<string, string>> = {
  EACCES: 'this account may not do that there',
  EEXIST: 'it is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'this account may not do that there',
  EROFS: 'the disk is read-only',
}

/**
 * The bytes of a file that the user named, piece by piece: it may be larger than memory.
 *
 * @param role - what the user calls it, e.g. `--request-body`
 * @throws UsageError `file_unreadable`
 */
export async function* readPieces(role: string, file: string, maxBytes = Infinity): AsyncGenerator<Buffer> {
  const end = maxBytes === Infinity ? {} : { end: maxBytes - 1 }
  try {
    for await (const piece of createReadStream(file, end) as AsyncIterable<Buffer>) yield piece
  } catch (cause) {
    throw fileProblem('read', role, file, cause)
  }
}

/**
 * A whole file that the user named.
 *
 * @param maxBytes - no more is read; a longer file comes cut off
 * @throws UsageError `file_unreadable`
 */
export async function readNamedFile(role: string, file: string, maxBytes?: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(readPieces(role, file, maxBytes)))
}

/** A JSON file that the user named. @throws UsageError `file_unreadable`, `invalid_json` */
export async function readNamedJson(role: string, file: string): Promise<unknown> {
  const bytes = await readNamedFile(role, file)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new UsageError(`${role}: ${file} is not JSON`, 'correct the file; nothing was sent', 'invalid_json')
  }
}

/** Writes a result where the user wants it. @throws UsageError `file_unwritable` */
export async function writeNamedFile(
  role: string,
  file: string,
  content: string | Uint8Array,
): Promise<void> {
  try {
    await writeFile(file, content)
  } catch (cause) {
    throw fileProblem('write', role, file, cause)
  }
}

/** Makes a folder that the user named, unless it is there. @throws UsageError `file_unwritable` */
export async function makeNamedFolder(role: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (cause) {
    throw fileProblem('write', role, folder, cause)
  }
}

function fileProblem(verb: 'read' | 'write', role: string, file: string, cause: unknown): UsageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return new UsageError(
    `cannot ${verb} ${file} (${role}): ${WHY[code] ?? code}`,
    'check the name of the file and the rights of this account',
    verb === 'read' ? 'file_unreadable' : 'file_unwritable',
  )
}
