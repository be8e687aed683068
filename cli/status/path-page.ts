import type { Language } from '../explain-lines.ts'
import { type Column, tableLines, wrapped } from '../text-table.ts'
import type { PathAnswer, PeerPaths, Way } from './path-answer.ts'
import { type PATH_WORDS, pathWord } from './path-words.ts'
import { ageText, clockText, msText, pathText, rateText, shortId, type Spelling } from './spell.ts'

type Say = (name: keyof typeof PATH_WORDS, facts?: Readonly<Record<string, string | number>>) => string

/** For people: the path in use, the spare, why, and every way that was weighed. */
export function pathPage(answer: PathAnswer, language: Language, nowMs: number): string[] {
  const spelling: Spelling = { language, nowMs }
  const say: Say = (name, facts) => pathWord(name, language, facts)
  return [
    ...termLines(answer, spelling, say),
    ...answer.gateways.flatMap((peer) => peerLines(answer, peer, spelling, say)),
    ...answer.links
      .filter(({ state }) => state !== 'up')
      .flatMap(({ branch, state, since, reason = state }) => {
        const time = clockText(since, spelling)
        return wrapped(say('link', { branch: shortId(branch, spelling), state, reason, time }), '', '  ')
      }),
  ]
}

function termLines({ service, terms }: PathAnswer, spelling: Spelling, say: Say): string[] {
  if (service === undefined || terms === undefined) return []
  const name = { service: shortId(service, spelling) }
  if (terms.agreements.length === 0) return wrapped(say('noAgreement', name), '', '  ')
  const list = (branches: readonly string[]): string => branches.map((id) => shortId(id, spelling)).join(', ')
  // Names of classes keep their order in a text that runs from right to left.
  const classText = (classes: readonly string[]): string =>
    spelling.language === 'ar' ? `\u2066${classes.join(', ')}\u2069` : classes.join(', ')
  const rules = [
    ...(terms.avoid === undefined ? [] : [say('avoid', { branches: list(terms.avoid) })]),
    ...(terms.only === undefined ? [] : [say('only', { branches: list(terms.only) })]),
    ...(terms.onlyClasses === undefined ? [] : [say('classes', { classes: classText(terms.onlyClasses) })]),
  ]
  return wrapped(say('terms', { ...name, rule: rules.join('; ') || say('anyPath') }), '', '  ')
}

function peerLines(answer: PathAnswer, peer: PeerPaths, spelling: Spelling, say: Say): string[] {
  const { from } = answer
  const rows = peer.ways.map((way) => wayRow(way, spelling, say))
  const ways = tableLines(wayColumns(say), rows)
  return [
    `${shortId(from, spelling)} → ${shortId(peer.gateway, spelling)}`,
    ...sessionLines(peer, spelling, say),
    ...verdictLines(answer, peer, spelling, say),
    ...peer.unanswered.flatMap(({ branch, detail }) =>
      wrapped(say('unanswered', { branch: shortId(branch, spelling), detail }), '  ', '    '),
    ),
    ...(ways.length === 0 ? [] : ['', `  ${say('weighing')}`, ...ways]),
    '',
  ]
}

function sessionLines({ sessions, ways }: PeerPaths, spelling: Spelling, say: Say): string[] {
  const inUse = sessions.find(({ use, allowed }) => allowed && use === 'in_use')
  const first = inUse ?? sessions.find(({ use, allowed }) => allowed && use !== 'ending')
  return sessions
    .toSorted((a, b) => Number(b === first) - Number(a === first))
    .flatMap((session) => {
      const { use, allowed, path, since, rttMs, streams, sent, served, role } = session
      const name =
        session === first ? 'inUse' : use === 'ending' ? 'ending' : allowed ? 'spare' : 'notAllowed'
      const counts = { streams, sent, served, age: ageText(since, spelling) }
      const rtt = rttMs === undefined ? say('unmeasured') : msText(rttMs)
      const why =
        session === first ? wrapped(`${say('why')}${reasonOf(path, role, ways, say)}`, '    ', '      ') : []
      return [
        ...wrapped(say(name, { path: pathText(path, spelling) }), '  ', '    '),
        ...wrapped(say('session', { ...counts, rtt }), '    ', '      '),
        ...why,
      ]
    })
}

/** Why requests go this way, from what the ways cost. */
function reasonOf(path: readonly string[], role: string, ways: readonly Way[], say: Say): string {
  const opened = role === 'acceptor' ? `${say('peerOpened')}; ` : ''
  const allowed = ways.filter(({ use }) => use !== 'forbidden')
  const own = allowed.find((way) => way.path.join() === path.join())
  const least = Math.min(...allowed.map(({ costMs }) => costMs))
  if (own === undefined || allowed.length === 1) return `${opened}${own === undefined ? '' : say('only1')}`
  if (own.costMs <= least) return `${opened}${say('best', { count: allowed.length })}`
  return `${opened}${say('dearer', { more: msText(own.costMs - least) })}`
}

function verdictLines(
  { links }: PathAnswer,
  { sessions, ways }: PeerPaths,
  spelling: Spelling,
  say: Say,
): string[] {
  const ready = sessions.filter(({ use, allowed }) => allowed && use !== 'ending')
  const wayOf = (use: Way['use']): Way | undefined => ways.find((way) => way.use === use)
  const told = (name: 'noSession' | 'nextSpare', way: Way): string[] =>
    wrapped(say(name, { path: pathText(way.path, spelling) }), '  ', '    ')
  if (ready.length === 0) {
    const next = wayOf('next')
    if (next === undefined) return wrapped(say('noPath'), '  ', '    ')
    const [entry = ''] = next.path
    const link = links.find(({ branch }) => branch === entry)
    const rtt = link?.rttMs === undefined ? say('unmeasured') : msText(link.rttMs)
    const cheapest = say('cheapest', { branch: shortId(entry, spelling), rtt, cost: msText(next.costMs) })
    return [...told('noSession', next), ...wrapped(`${say('why')}${cheapest}`, '    ', '      ')]
  }
  if (ready.length > 1) return []
  const nextSpare = wayOf('next_spare')
  return nextSpare === undefined ? wrapped(say('noSpare'), '  ', '    ') : told('nextSpare', nextSpare)
}

function wayColumns(say: Say): Column[] {
  const text = (name: keyof typeof PATH_WORDS): Column => ({ head: say(name) })
  const number = (name: keyof typeof PATH_WORDS): Column => ({ head: say(name), isNumber: true })
  return [
    text('use'),
    text('path'),
    number('cost'),
    number('rtt'),
    number('free'),
    number('price'),
    text('lines'),
    text('risk'),
  ]
}

function wayRow({ use, path, costMs, legs }: Way, spelling: Spelling, say: Say): string[] {
  // The way is as wide as its narrowest leg.
  const known = legs.filter(({ capacityMbps }) => capacityMbps !== undefined)
  const [tightest] = known.toSorted((a, b) => freeOf(a) - freeOf(b))
  const price = legs.reduce((sum, { monthlyCostAed = 0 }) => sum + monthlyCostAed, 0)
  const isPriced = legs.some(({ monthlyCostAed }) => monthlyCostAed !== undefined)
  const used = tightest?.usedMbps === undefined ? '?' : rateText(tightest.usedMbps)
  return [
    say(use === 'spare' ? 'spareUse' : use),
    pathText(path, spelling),
    msText(costMs),
    legs.length === 0 ? '' : msText(legs.reduce((sum, { rttMs }) => sum + rttMs, 0)),
    tightest === undefined ? '' : `${used}/${tightest.capacityMbps}`,
    isPriced ? String(price) : '',
    legs.flatMap(({ lines }) => lines).join(', '),
    [...new Set(legs.flatMap(({ riskGroups }) => riskGroups))].join(', '),
  ]
}

function freeOf({ capacityMbps = 0, usedMbps = 0 }: Way['legs'][number]): number {
  return capacityMbps - usedMbps
}
