import { isIdentifier } from '../protocol/identifier.ts'
import { isHttpUrl } from '../trust/text-form.ts'
import { parseLinkAddress } from '../transport/link-address.ts'
import { DEFAULT_SILENCE_MS } from '../transport/link-channel.ts'

/** How much a branch takes on. Every number has a default that suits one machine with 2 cores and 4 GiB. */
export interface BranchLimits {
  /** Gateways connected at once. Default 10,000. */
  readonly maxGateways: number
  /** Tunnels at once; each takes two sockets. Default 20,000. */
  readonly maxTunnels: number
  /** Requests for tunnels that one gateway may have under way. Default 64; a neighbour branch eight times that. */
  readonly maxOpensPerPeer: number
  /** Tickets that are out and unused. Default 8,192. */
  readonly maxTickets: number
  /** Tunnel connections without a ticket yet. Default 1,024. */
  readonly maxHalfOpen: number
  /** The same from one address. Default 512: a whole site may sit behind one. */
  readonly maxHalfOpenPerAddress: number
  /** Control connections in the middle of their handshake. Default 512. */
  readonly maxHandshakes: number
  /** For a handshake, and again for the greeting, in milliseconds. Default 5,000. */
  readonly handshakeMs: number
  /** For the preamble of a tunnel, in milliseconds. Default 5,000. */
  readonly preambleMs: number
  /** Life of a ticket, in milliseconds. Default and most 10,000. */
  readonly ticketMs: number
  /** For a gateway to dial back, in milliseconds. Default 2,000. */
  readonly dialBackMs: number
  /** For one request for a tunnel, all tries together, in milliseconds. Default 12,000. */
  readonly openMs: number
  /** Between two pings to a neighbour branch, in milliseconds. Default 1,000. */
  readonly pingIntervalMs: number
  /** After so long without a byte a control connection is dead, in milliseconds. Default 2,250. */
  readonly silenceMs: number
  /** Requests for log and witness that one address may make in a second. Default 2,000; five times as many at once. */
  readonly requestsPerSecond: number
  /** How long tunnels may go on when the branch is about to leave, in milliseconds. Default 30,000. */
  readonly leaveGraceMs: number
  /** Used part of a line above which the alarm `line_filling` is raised, in per cent, 1 to 100 and less than `linePacePercent`. Default 80. */
  readonly lineAlarmPercent: number
  /** Used part of a line below which that alarm is over, in per cent, less than the one above. Default 70. */
  readonly lineClearPercent: number
  /** How long a line must be used that much before the alarm is raised, in milliseconds. Default 10,000. */
  readonly lineAlarmMs: number
  /**
   * How much of a line's registered capacity tunnels are given, in per cent, 1 to 1,000. Default 95: what must wait then waits in
   * the branch, where members take turns, and not on the line. Above 100 nothing is held back in practice.
   */
  readonly linePacePercent: number
}

/** Where a branch listens and how much it takes on. Nothing in it is secret. */
export interface BranchConfig {
  /** `AE-DU/branch/MORO` */
  readonly branch: string
  /** `host:port` of the control port; port 0 takes a free one. Reached by gateways and branches from outside. */
  readonly controlListen: string
  /** `host:port` of the tunnel port; as above. */
  readonly tunnelListen: string
  /**
   * `host:port` that peers dial for tunnels, when it differs from where the branch listens (address translation, a
   * listener on all interfaces). Default: the address of the tunnel port.
   */
  readonly tunnelAnnounce?: string
  /** `host:port` of the HTTP server. Default `127.0.0.1:0`. It serves the directory's mirror to gateways. */
  readonly httpListen?: string
  /** Where to reach the registry, when it is not where the anchor says. */
  readonly registryUrl?: string
  readonly limits?: Partial<BranchLimits>
}

/** The limits in force when a configuration names none. */
export const DEFAULT_BRANCH_LIMITS: BranchLimits = Object.freeze({
  maxGateways: 10_000,
  maxTunnels: 20_000,
  maxOpensPerPeer: 64,
  maxTickets: 8_192,
  maxHalfOpen: 1_024,
  maxHalfOpenPerAddress: 512,
  maxHandshakes: 512,
  handshakeMs: 5_000,
  preambleMs: 5_000,
  ticketMs: 10_000,
  dialBackMs: 2_000,
  openMs: 12_000,
  pingIntervalMs: 1_000,
  silenceMs: DEFAULT_SILENCE_MS,
  requestsPerSecond: 2_000,
  leaveGraceMs: 30_000,
  lineAlarmPercent: 80,
  lineClearPercent: 70,
  lineAlarmMs: 10_000,
  linePacePercent: 95,
})

/** The most a limit may be where it is less than ten million. */
const MOST: Readonly<Partial<Record<string, number>>> = Object.freeze({
  ticketMs: 10_000,
  lineAlarmPercent: 100,
  lineClearPercent: 100,
  linePacePercent: 1_000,
})

/** A configuration that may be used, or everything that is wrong with it. */
export type BranchConfigDecoded =
  | { readonly ok: true; readonly config: BranchConfig }
  | { readonly ok: false; readonly problems: readonly string[] }

const TEXTS = ['branch', 'controlListen', 'tunnelListen', 'tunnelAnnounce', 'httpListen', 'registryUrl']
const REQUIRED = new Set(['branch', 'controlListen', 'tunnelListen'])

/** Reads a branch's configuration from JSON. Unknown settings are problems; no message repeats a value. */
export function decodeBranchConfig(value: unknown): BranchConfigDecoded {
  if (!isRecord(value)) return { ok: false, problems: ['the configuration must be an object'] }
  const problems = Object.keys(value)
    .filter((name) => !TEXTS.includes(name) && name !== 'limits')
    .map((name) => `${name}: there is no such setting`)
  for (const name of TEXTS) {
    const problem = textProblem(name, value[name])
    if (problem !== undefined) problems.push(`${name}: ${problem}`)
  }
  problems.push(...limitProblems(value['limits']))
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, config: Object.freeze({ ...value }) as unknown as BranchConfig }
}

function textProblem(name: string, text: unknown): string | undefined {
  if (text === undefined) return REQUIRED.has(name) ? 'is missing' : undefined
  if (typeof text !== 'string') return 'must be a text'
  if (name === 'branch')
    return isIdentifier('branch', text) ? undefined : 'must be the identifier of a branch'
  if (name === 'registryUrl')
    return isHttpUrl(text) ? undefined : 'must be an http or https URL without a trailing slash'
  return parseLinkAddress(text) === undefined ? 'must be host:port' : undefined
}

function limitProblems(limits: unknown): string[] {
  if (limits === undefined) return []
  if (!isRecord(limits)) return ['limits: must be an object']
  const problems = Object.entries(limits).flatMap(([name, value]) => {
    if (!Object.hasOwn(DEFAULT_BRANCH_LIMITS, name)) return [`limits.${name}: there is no such setting`]
    const most = MOST[name] ?? 10_000_000
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return []
    return [`limits.${name}: must be a whole number from 1 to ${most}`]
  })
  if (problems.length > 0) return problems
  return lineProblems({ ...DEFAULT_BRANCH_LIMITS, ...limits })
}

/** A line that is never given more than what the alarm waits for would fill up without one. */
function lineProblems({ lineAlarmPercent, lineClearPercent, linePacePercent }: BranchLimits): string[] {
  return [
    ...(lineClearPercent < lineAlarmPercent
      ? []
      : ['limits.lineClearPercent: must be less than lineAlarmPercent']),
    ...(lineAlarmPercent < linePacePercent
      ? []
      : ['limits.lineAlarmPercent: must be less than linePacePercent']),
  ]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
