import { parseJsonStrict } from '../protocol/canonical-json.ts'
import {
  type CloseCode,
  type ControlMessage,
  isBranchPath,
  isTicket,
  type LinkReport,
  MAX_CONTROL_LINE_BYTES,
  MAX_LISTED,
  MAX_PATH_BRANCHES,
  type ReportStamp,
  MAX_WAYS,
  type TriedPath,
  type WayLeg,
  type WeighedWay,
} from './branch-control.ts'

/** What a line turned out to be. Unknown types are not an error: a later version may send them. */
export type DecodedLine =
  | { readonly kind: 'message'; readonly message: ControlMessage }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly problem: string }

type Fields = Readonly<Record<string, unknown>>

/** Raised and caught inside this file only. */
class BadField extends Error {}

function field<T>(fields: Fields, name: string, test: (value: unknown) => value is T): T {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (!test(value)) throw new BadField(name)
  return value
}

function optional<T, K extends string>(
  fields: Fields,
  name: K,
  test: (value: unknown) => value is T,
): { readonly [P in K]?: T } {
  if (!Object.hasOwn(fields, name)) return {}
  return { [name]: field(fields, name, test) } as { readonly [P in K]?: T }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 2_048
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_LISTED && value.every(isText)
}

function isPath(value: unknown): value is string[] {
  return isTexts(value) && isBranchPath(value)
}

function isTicketText(value: unknown): value is string {
  return typeof value === 'string' && isTicket(value)
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStamp(value: unknown): value is ReportStamp {
  return isRecord(value) && isCount(value['epoch']) && isCount(value['count'])
}

function isNumberUpTo(max: number, value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= max
}

function isLinkReport(value: unknown): value is LinkReport {
  if (!isRecord(value) || !isText(value['to']) || !isNumberUpTo(3_600_000, value['rttMs'])) return false
  return !Object.hasOwn(value, 'usedMbps') || isNumberUpTo(1_000_000_000, value['usedMbps'])
}

function isLinkReports(value: unknown): value is LinkReport[] {
  return Array.isArray(value) && value.length <= MAX_LISTED && value.every(isLinkReport)
}

function isTriedPath(value: unknown): value is TriedPath {
  if (!isRecord(value)) return false
  return isTexts(value['path']) && isText(value['code']) && isText(value['at']) && isText(value['reason'])
}

function isTriedPaths(value: unknown): value is TriedPath[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isTriedPath)
}

function isWayLeg(value: unknown): value is WayLeg {
  if (!isRecord(value) || !isText(value['from']) || !isText(value['to'])) return false
  if (!isTexts(value['lines']) || !isTexts(value['riskGroups']) || !isNumberUpTo(3_600_000, value['rttMs']))
    return false
  return ['usedMbps', 'capacityMbps', 'monthlyCostAed'].every(
    (name) => !Object.hasOwn(value, name) || isNumberUpTo(Number.MAX_SAFE_INTEGER, value[name]),
  )
}

function isWeighedWay(value: unknown): value is WeighedWay {
  if (!isRecord(value) || !isPath(value['path']) || !isText(value['reason'])) return false
  const { costMs, chosen, legs } = value
  if (!isNumberUpTo(Number.MAX_SAFE_INTEGER, costMs) || typeof chosen !== 'boolean') return false
  return Array.isArray(legs) && legs.length < MAX_PATH_BRANCHES && legs.every(isWayLeg)
}

function isWeighedWays(value: unknown): value is WeighedWay[] {
  return Array.isArray(value) && value.length <= MAX_WAYS && value.every(isWeighedWay)
}

const CLOSE_CODES: ReadonlySet<unknown> = new Set<CloseCode>([
  'replaced',
  'not_admitted',
  'protocol_error',
  'leaving',
  'busy',
])

function isCloseCode(value: unknown): value is CloseCode {
  return CLOSE_CODES.has(value)
}

/** Members that a reader does not know are dropped here: only what was checked goes on. */
const READERS: Readonly<Record<ControlMessage['t'], (f: Fields) => ControlMessage>> = {
  hello: (f) => ({
    t: 'hello',
    version: field(f, 'version', isCount),
    id: field(f, 'id', isText),
    ...optional(f, 'tunnel', isText),
  }),
  welcome: (f) => ({ t: 'welcome', branch: field(f, 'branch', isText), tunnel: field(f, 'tunnel', isText) }),
  open: (f) => ({
    t: 'open',
    n: field(f, 'n', isCount),
    target: field(f, 'target', isText),
    ...optional(f, 'avoid', isTexts),
    ...optional(f, 'only', isTexts),
    ...optional(f, 'path', isPath),
    ...optional(f, 'apartFrom', isPath),
    ...optional(f, 'waitMs', isCount),
  }),
  weigh: (f) => ({
    t: 'weigh',
    n: field(f, 'n', isCount),
    target: field(f, 'target', isText),
    ...optional(f, 'avoid', isTexts),
    ...optional(f, 'only', isTexts),
    ...optional(f, 'apartFrom', isPath),
  }),
  weighed: (f) => ({ t: 'weighed', n: field(f, 'n', isCount), ways: field(f, 'ways', isWeighedWays) }),
  extend: (f) => ({
    t: 'extend',
    n: field(f, 'n', isCount),
    from: field(f, 'from', isText),
    target: field(f, 'target', isText),
    path: field(f, 'path', isPath),
    hop: field(f, 'hop', isCount),
    waitMs: field(f, 'waitMs', isCount),
  }),
  opened: (f) => ({
    t: 'opened',
    n: field(f, 'n', isCount),
    ticket: field(f, 'ticket', isTicketText),
    path: field(f, 'path', isPath),
  }),
  refused: (f) => ({
    t: 'refused',
    n: field(f, 'n', isCount),
    code: field(f, 'code', isText),
    detail: field(f, 'detail', isText),
    ...optional(f, 'tried', isTriedPaths),
  }),
  incoming: (f) => ({
    t: 'incoming',
    ticket: field(f, 'ticket', isTicketText),
    from: field(f, 'from', isText),
    path: field(f, 'path', isPath),
  }),
  presence: (f) => ({
    t: 'presence',
    branch: field(f, 'branch', isText),
    stamp: field(f, 'stamp', isStamp),
    part: field(f, 'part', isCount),
    parts: field(f, 'parts', isCount),
    gateways: field(f, 'gateways', isTexts),
  }),
  links: (f) => ({
    t: 'links',
    branch: field(f, 'branch', isText),
    stamp: field(f, 'stamp', isStamp),
    links: field(f, 'links', isLinkReports),
    ...optional(f, 'draining', isFlag),
  }),
  leaving: (f) => ({ t: 'leaving', branches: field(f, 'branches', isTexts) }),
  ping: (f) => ({ t: 'ping', n: field(f, 'n', isCount) }),
  pong: (f) => ({ t: 'pong', n: field(f, 'n', isCount) }),
  drain: () => ({ t: 'drain' }),
  close: (f) => ({ t: 'close', code: field(f, 'code', isCloseCode) }),
}

/** Reads one line without its line feed. Never throws, whatever the bytes. */
export function decodeControl(line: Uint8Array): DecodedLine {
  let parsed: unknown
  try {
    parsed = parseJsonStrict(line, { maxBytes: MAX_CONTROL_LINE_BYTES, maxDepth: 8 })
  } catch {
    return { kind: 'invalid', problem: 'not JSON' }
  }
  if (!isRecord(parsed)) return { kind: 'invalid', problem: 'not an object' }
  const name = Object.hasOwn(parsed, 't') ? parsed['t'] : undefined
  if (typeof name !== 'string') return { kind: 'invalid', problem: 'no type' }
  if (!Object.hasOwn(READERS, name)) return { kind: 'unknown' }
  try {
    return { kind: 'message', message: READERS[name as ControlMessage['t']](parsed) }
  } catch (error) {
    if (error instanceof BadField) return { kind: 'invalid', problem: `${name}.${error.message}` }
    throw error
  }
}

/** Cuts a byte stream into lines; holds at most one unfinished line. */
export interface LineCutter {
  /** The lines that are complete now, without line feeds; `undefined` once a line is too long: give up then. */
  push(chunk: Buffer): Buffer[] | undefined
}

/** A cutter for lines of at most `maxBytes`, their line feed included. */
export function createLineCutter(maxBytes: number = MAX_CONTROL_LINE_BYTES): LineCutter {
  let held: Buffer[] = []
  let heldBytes = 0
  let failed = false

  function take(piece: Buffer): Buffer {
    const line = heldBytes === 0 ? piece : Buffer.concat([...held, piece])
    held = []
    heldBytes = 0
    return line
  }

  /** Copies: a line that trickles in byte by byte must not keep every chunk it came in. */
  function hold(piece: Buffer): void {
    if (held.length >= 64) held = [Buffer.concat(held)]
    held.push(Buffer.from(piece))
    heldBytes += piece.length
  }

  return {
    push(chunk) {
      const lines: Buffer[] = []
      let start = 0
      while (!failed && start < chunk.length) {
        const end = chunk.indexOf(0x0a, start)
        const piece = chunk.subarray(start, end === -1 ? chunk.length : end)
        if (heldBytes + piece.length >= maxBytes) failed = true
        else if (end !== -1) lines.push(take(piece))
        else {
          hold(piece)
        }
        start = end === -1 ? chunk.length : end + 1
      }
      if (!failed) return lines
      held = []
      return undefined
    },
  }
}
