import { decodeSegment } from './identifier-segment.ts'
import { MAX_PATH_BYTES } from './limits.ts'

/** Why a service path is refused. */
export type ServicePathRefusal =
  'not_absolute' | 'too_long' | 'bad_escape' | 'encoded_slash' | 'encoded_backslash' | 'traversal'

/** The path to compare with the grants of an agreement, or why there is none. */
export type ServicePathResult =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: ServicePathRefusal }

/** The usual case: nothing escaped, no dot behind a slash, no empty segment: already what it normalises to. */
const PLAIN = /^(?:\/[A-Za-z0-9\-_~!$&'()*+,;=:@][A-Za-z0-9\-._~!$&'()*+,;=:@]*)*\/?$/

/** Dots hidden behind a second layer of escapes: some backends decode twice. */
const HIDDEN_DOT = /%2e/gi

function refuse(reason: ServicePathRefusal): ServicePathResult {
  return { ok: false, reason }
}

/**
 * The service path as the access check sees it: split at `/` **first**, each segment decoded on its own, empty and
 * `.` segments dropped, `..` resolved. What the backend gets stays the raw path; so everything is refused that a
 * backend might read differently from this check: an encoded slash or backslash, and any `..` that is left,
 * also inside a name (`..;x` climbs in some servers) or behind a second layer of escapes.
 *
 * @param raw - as sent, without query; empty or starting with `/`
 */
export function normaliseServicePath(raw: string): ServicePathResult {
  if (raw === '') return { ok: true, path: '' }
  if (!raw.startsWith('/')) return refuse('not_absolute')
  if (raw.length > MAX_PATH_BYTES) return refuse('too_long')
  if (PLAIN.test(raw) && !raw.includes('..')) return { ok: true, path: raw }
  const kept: string[] = []
  let last = ''
  for (const segment of raw.slice(1).split('/')) {
    const decoded = decodedOrNothing(segment)
    if (decoded === undefined) return refuse('bad_escape')
    if (decoded.includes('/')) return refuse('encoded_slash')
    if (decoded.includes('\\')) return refuse('encoded_backslash')
    if (decoded === '..' && kept.pop() === undefined) return refuse('traversal')
    if (decoded !== '' && decoded !== '.' && decoded !== '..') kept.push(decoded)
    last = decoded
  }
  const endsInSlash = last === '' || last === '.' || last === '..'
  const path = `/${kept.join('/')}${endsInSlash && kept.length > 0 ? '/' : ''}`
  return path.replaceAll(HIDDEN_DOT, '.').includes('..') ? refuse('traversal') : { ok: true, path }
}

function decodedOrNothing(segment: string): string | undefined {
  try {
    return decodeSegment(segment)
  } catch {
    return undefined
  }
}
