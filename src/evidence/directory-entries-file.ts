import { WuslaError } from '../protocol/wusla-error.ts'

const SNAPSHOT = Buffer.from('wusla/snapshot/v1\n')
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The entries of a directory from a file: a snapshot as registries and mirrors serve it (`/log/snapshot`,
 * `docs/spec/directory.md`, section 7), or the entries as text, one a line. Nothing about them is verified: that is
 * what `verifyEvidence` does with its `directoryEntries`.
 *
 * @throws WuslaError `invalid_request` for a file that is cut off or not UTF-8
 */
export function readDirectoryEntries(file: Uint8Array): string[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  const isSnapshot = bytes.subarray(0, SNAPSHOT.length).equals(SNAPSHOT)
  return isSnapshot
    ? snapshotEntries(bytes)
    : textOf(bytes)
        .split('\n')
        .filter((line) => line !== '')
}

/** Behind the first line: u32 length and note, then u16 length and entry as often as there are entries. */
function snapshotEntries(bytes: Buffer): string[] {
  const entries: string[] = []
  let at = SNAPSHOT.length
  const take = (lengthBytes: 2 | 4): Buffer => {
    const start = at + lengthBytes
    const end = start <= bytes.length ? start + bytes.readUIntBE(at, lengthBytes) : Infinity
    if (end > bytes.length) throw malformed()
    at = end
    return bytes.subarray(start, end)
  }
  take(4)
  while (at < bytes.length) entries.push(textOf(take(2)))
  return entries
}

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed()
  }
}

function malformed(): WuslaError {
  return new WuslaError('invalid_request', { message: 'The file holds no complete entries of a directory' })
}
