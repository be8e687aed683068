import type { Column } from '../text-table.ts'
import type {
  BranchStatus,
  GatewayStatus,
  NeighbourLine,
  NetworkReading,
  SessionStatus,
} from './actor-status.ts'
import { type PAGE_WORDS, pageWord } from './page-words.ts'
import { ageText, bytesText, msText, pathText, rateText, shortId, type Spelling } from './spell.ts'

/** One table of the status page. */
export interface PageTable {
  readonly head: keyof typeof PAGE_WORDS
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

type Words = readonly (keyof typeof PAGE_WORDS)[]

/** @param numbers - words of the columns that hold numbers */
function columnsOf(words: Words, numbers: Words, { language }: Spelling): Column[] {
  return words.map((word) => ({ head: pageWord(word, language), isNumber: numbers.includes(word) }))
}

export function branchTable({ branches }: NetworkReading, spelling: Spelling): PageTable {
  const { language } = spelling
  const rows = silentFirst(branches).map(({ id, status }) => {
    const name = shortId(id, spelling)
    if (status === undefined) return [name, pageWord('silent', language)]
    const { state, since, gateways, tunnels, links } = status
    const up = links.filter((link) => link.state === 'up').length
    const word = pageWord(state === 'up' ? 'up' : 'draining', language)
    const counts = [`${up}/${links.length}`, String(gateways.length), String(tunnels.open)]
    return [name, word, ageText(since, spelling), ...counts]
  })
  const numbers: Words = ['for', 'links', 'connected', 'tunnels']
  return { head: 'branches', columns: columnsOf(['branch', 'state', ...numbers], numbers, spelling), rows }
}

/** Lines between branches, each once, and those to gateways that are in use or registered. */
export function lineTable({ branches }: NetworkReading, spelling: Spelling): PageTable {
  const statuses = branches.flatMap(({ status }) => (status === undefined ? [] : [status]))
  const rows = statuses
    .flatMap((status) => linesOf(status, statuses))
    .toSorted((a, b) => Number(a.isUp) - Number(b.isUp) || fullness(b.line) - fullness(a.line))
    .map(({ near, line, isUp, since, rttMs }) => {
      const { usedMbps: used, capacityMbps: capacity, lines = [] } = line
      return [
        shortId(near, spelling),
        shortId(line.neighbour, spelling),
        lines.map((each) => each.line).join(', '),
        pageWord(isUp ? 'up' : 'down', spelling.language),
        ageText(since, spelling),
        msText(rttMs),
        used === undefined ? '' : `${rateText(used.out)}/${rateText(used.in)}`,
        capacity === undefined ? '' : String(capacity),
        capacity === undefined || used === undefined ? '' : `${Math.round(fullness(line) * 100)} %`,
      ]
    })
  const numbers: Words = ['for', 'rtt', 'used', 'capacity', 'full']
  const words: Words = ['from', 'to', 'line', 'state', ...numbers]
  return { head: 'lines', columns: columnsOf(words, numbers, spelling), rows }
}

interface SeenLine {
  readonly near: string
  readonly line: NeighbourLine
  readonly isUp: boolean
  readonly since?: string | undefined
  readonly rttMs?: number | undefined
}

function linesOf(status: BranchStatus, all: readonly BranchStatus[]): SeenLine[] {
  const { branch: near, links, gateways, lines } = status
  const linked = links.map(({ branch: neighbour, state, since, rttMs }): SeenLine => {
    const line = lines.find((each) => each.neighbour === neighbour) ?? { neighbour }
    return { near, line, isUp: state === 'up', since, rttMs }
  })
  const others = lines.filter(({ neighbour }) => !links.some(({ branch }) => branch === neighbour))
  const toGateways = others.map((line): SeenLine => {
    const gateway = gateways.find(({ id }) => id === line.neighbour)
    return { near, line, isUp: gateway !== undefined, since: gateway?.since }
  })
  // The other end tells the same line.
  const isTold = ({ line }: SeenLine): boolean =>
    line.neighbour < near && all.some(({ branch }) => branch === line.neighbour)
  return [...linked.filter((seen) => !isTold(seen)), ...toGateways]
}

function fullness({ usedMbps, capacityMbps, utilisation }: NeighbourLine): number {
  if (utilisation !== undefined) return Math.max(utilisation.out, utilisation.in)
  if (usedMbps === undefined || capacityMbps === undefined) return 0
  return Math.max(usedMbps.out, usedMbps.in) / capacityMbps
}

export function gatewayTable({ gateways }: NetworkReading, spelling: Spelling): PageTable {
  const { language } = spelling
  const rows = silentFirst(gateways).map(({ id, status }) => {
    const name = shortId(id, spelling)
    if (status === undefined) return [name, pageWord('silent', language)]
    const { since, branches, sessions, running, directory, alarms } = status
    const up = branches.filter(({ state }) => state === 'up').length
    return [
      name,
      pageWord('up', language),
      ageText(since, spelling),
      `${up}/${branches.length}`,
      String(sessions.filter(({ use }) => use === 'in_use').length),
      String(sessions.filter(({ use }) => use === 'spare').length),
      String(running),
      String(directory.size),
      alarms.length === 0 ? '' : String(alarms.length),
    ]
  })
  const numbers: Words = ['for', 'homeBranches', 'held', 'spares', 'underWay', 'directory', 'alarms']
  return { head: 'gateways', columns: columnsOf(['gateway', 'state', ...numbers], numbers, spelling), rows }
}

/** Each session once: from the side that opened it, or from the other when that one did not answer. */
export function sessionTable({ gateways }: NetworkReading, spelling: Spelling): PageTable {
  const statuses = gateways.flatMap(({ status }) => (status === undefined ? [] : [status]))
  const read = new Set(statuses.map(({ gateway }) => gateway))
  const isShown = ({ role, gateway }: SessionStatus): boolean => role === 'initiator' || !read.has(gateway)
  const rows = statuses.flatMap((status) =>
    status.sessions.filter(isShown).map((session) => sessionRow(status, session, spelling)),
  )
  const numbers: Words = ['for', 'rtt', 'underWay', 'asked', 'traffic']
  const words: Words = ['from', 'to', 'path', 'use', ...numbers]
  return { head: 'sessions', columns: columnsOf(words, numbers, spelling), rows }
}

function sessionRow({ gateway }: GatewayStatus, session: SessionStatus, spelling: Spelling): string[] {
  const { use } = session
  const word =
    use === 'in_use' || use === 'spare' || use === 'ending' ? pageWord(use, spelling.language) : use
  return [
    shortId(gateway, spelling),
    shortId(session.gateway, spelling),
    pathText(session.path, spelling),
    word,
    ageText(session.since, spelling),
    msText(session.rttMs),
    String(session.streams),
    `${session.sent}/${session.served}`,
    `${bytesText(session.bytesOut)}/${bytesText(session.bytesIn)}`,
  ]
}

function silentFirst<T extends { readonly status?: unknown }>(readings: readonly T[]): T[] {
  return readings.toSorted((a, b) => Number(a.status !== undefined) - Number(b.status !== undefined))
}
