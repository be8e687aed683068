import { createHash } from 'node:crypto'
import type { Update } from './revisions.ts'

const EOF_MARK = '%%EOF'
/** Behind the end of a revision. Unit: bytes. */
const MAX_WHITE = 4

/**
 * SHA-256 in base64url of the file up to the end of each update. Whoever appends may have put an end of line first, and whoever wrote
 * the revision may have ended it with one: nobody can tell, and it says nothing, so both digests count.
 */
export function revisionDigests(file: Buffer, updates: readonly Update[]): readonly string[] {
  const running = createHash('sha256')
  const digests: string[] = []
  let done = 0
  const upTo = (end: number): void => {
    running.update(file.subarray(done, end))
    done = end
    digests.push(running.copy().digest('base64url'))
  }
  for (const { start, end } of updates) {
    const mark = file.lastIndexOf(EOF_MARK, end - EOF_MARK.length)
    if (mark < start) continue
    const bare = mark + EOF_MARK.length
    upTo(bare)
    for (let at = bare; at < file.length && at < bare + MAX_WHITE && isWhite(file[at]); at += 1) upTo(at + 1)
  }
  return digests
}

/** ISO 32000-1, table 1. */
function isWhite(byte: number | undefined): boolean {
  return byte !== undefined && [0, 9, 10, 12, 13, 32].includes(byte)
}
