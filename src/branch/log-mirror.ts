import type { DirectoryMirror } from '../directory/directory-mirror.ts'
import type { LogMirror } from './start-branch.ts'

/** The directory's mirror as a branch serves it: a snapshot stays a stream, so no reader makes it lie in memory whole. */
export function logMirror(mirror: DirectoryMirror): LogMirror {
  return async (path, query, signal) => {
    const { status, headers, body, late } = await mirror.answer(path, query, signal)
    return {
      status,
      contentType: headers['content-type'] ?? 'application/octet-stream',
      body,
      immutable: headers['cache-control']?.includes('immutable') === true,
      ...(late === undefined ? {} : { late }),
    }
  }
}
