import { readDirectoryEntries } from '../src/evidence/directory-entries-file.ts'
import { type Anchor, readAnchor } from '../src/trust/anchor.ts'
import { ERROR_TABLE } from '../src/protocol/error-codes.ts'
import { isWuslaError } from '../src/protocol/wusla-error.ts'
import { readNamedFile } from './named-file.ts'
import { UsageError } from './voice.ts'

/** The anchor that the user named with `--anchor`. @throws UsageError when it cannot be used */
export async function readAnchorFile(file: string): Promise<Anchor> {
  try {
    return await readAnchor(file)
  } catch (cause) {
    throw unusable('--anchor', file, cause)
  }
}

/** The entries of the directory that the user named with `--directory`. @throws UsageError when they cannot be used */
export async function readEntriesFile(file: string): Promise<readonly string[]> {
  const bytes = await readNamedFile('--directory', file)
  try {
    return readDirectoryEntries(bytes)
  } catch (cause) {
    throw unusable('--directory', file, cause)
  }
}

/** A file beside what is verified says nothing of it: this must never look like "not proven". */
function unusable(role: string, file: string, cause: unknown): unknown {
  if (!isWuslaError(cause)) return cause
  return new UsageError(`${role} ${file}: ${cause.message}`, ERROR_TABLE[cause.code].remedy, cause.code)
}
