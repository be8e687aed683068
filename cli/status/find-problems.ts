import type { BranchStatus, GatewayStatus, NetworkReading, Reading } from './actor-status.ts'
import type { ProblemCode } from './problem-texts.ts'

/** What a problem names: a number, a text, or identifiers. */
export type Fact = string | number | readonly string[]

/** Something an operator should know. */
export interface Problem {
  /** `wrong`: somebody has to act; `notice`: it works, and would not bear another failure, or is meant so. */
  readonly level: 'wrong' | 'notice'
  readonly code: ProblemCode
  /** What it is about: an actor, or an actor and its neighbour. */
  readonly subject: string
  /** Since when, as far as anybody who answered knows. */
  readonly since?: string
  /** What its words name. */
  readonly facts: Readonly<Record<string, Fact>>
}

/** From what hurts most. */
const WORST_FIRST: readonly ProblemCode[] = [
  'branch_silent',
  'gateway_cut_off',
  'gateway_without_branch',
  'gateway_silent',
  'registry_silent',
  'evidence_unhealthy',
  'gateway_alarm',
  'branch_alarm',
  'branch_link_down',
  'gateway_link_down',
  'branch_draining',
  'witness_failing',
  'no_spare',
]

/** What is wrong in what was read, worst first. One cause is told once: links to a branch that is silent are its effect. */
export function findProblems(reading: NetworkReading): Problem[] {
  const gateways = answered(reading.gateways)
  const branches = answered(reading.branches)
  const silent = new Set(
    [...reading.branches, ...reading.gateways]
      .filter(({ status }) => status === undefined)
      .map(({ id }) => id),
  )
  const found = [
    ...registryProblems(reading, silent),
    ...reading.branches.flatMap((branch) => branchSilent(branch, gateways, branches)),
    ...branches.flatMap((branch) => branchProblems(branch, silent)),
    ...reading.gateways.flatMap((gateway) => gatewaySilent(gateway, branches)),
    ...gateways.flatMap((gateway) => gatewayProblems(gateway, silent)),
  ]
  return onceEach(found).toSorted((a, b) => rank(a) - rank(b) || (a.subject < b.subject ? -1 : 1))
}

function rank({ level, code }: Problem): number {
  return (level === 'wrong' ? 0 : WORST_FIRST.length) + WORST_FIRST.indexOf(code)
}

function answered<T>(readings: readonly Reading<T>[]): T[] {
  return readings.flatMap(({ status }) => (status === undefined ? [] : [status]))
}

function registryProblems({ registry }: NetworkReading, silent: ReadonlySet<string>): Problem[] {
  if (registry === undefined) return []
  const { status, failure, url } = registry
  if (status === undefined) {
    const facts = { reason: failure?.reason ?? 'failed', url }
    return [{ level: 'wrong', code: 'registry_silent', subject: 'registry', facts }]
  }
  return status.witnesses
    .filter(({ branch, failingSince }) => failingSince !== undefined && !silent.has(branch))
    .map(({ branch, failingSince = '', detail = '' }) => ({
      level: 'notice',
      code: 'witness_failing',
      subject: branch,
      since: failingSince,
      facts: { detail },
    }))
}

function branchSilent(
  { id, url, status, failure }: Reading<BranchStatus>,
  gateways: readonly GatewayStatus[],
  branches: readonly BranchStatus[],
): Problem[] {
  if (status !== undefined) return []
  const links = gateways.flatMap((gateway) => {
    const link = gateway.branches.find(({ branch }) => branch === id)
    const others = gateway.branches.filter(({ branch, state }) => branch !== id && state === 'up')
    const isCut = link?.state !== 'up' && others.length === 0
    return link === undefined ? [] : [{ ...link, gateway: gateway.gateway, isCut }]
  })
  const lost = links.filter(({ state }) => state !== 'up')
  const neighbours = branches.flatMap((branch) => {
    return branch.links.filter((link) => link.branch === id && link.state !== 'up')
  })
  // It went silent when the first of those who were connected to it noticed.
  const [since] = [...lost, ...neighbours].flatMap(({ since: at }) => at ?? []).toSorted()
  const facts = {
    reason: failure?.reason ?? 'failed',
    url,
    homes: links.length,
    lost: lost.length,
    cut: links.filter(({ isCut }) => isCut).map(({ gateway }) => gateway),
  }
  const subject = id
  return [
    { level: 'wrong', code: 'branch_silent', subject, ...(since === undefined ? {} : { since }), facts },
  ]
}

function branchProblems(status: BranchStatus, silent: ReadonlySet<string>): Problem[] {
  const { branch: subject, state, links, alarms = [] } = status
  const draining: Problem[] =
    state === 'up' ? [] : [{ level: 'notice', code: 'branch_draining', subject, facts: {} }]
  const down = links
    .filter(({ branch, state: of }) => of !== 'up' && !silent.has(branch))
    .map(({ branch, since }): Problem => {
      // Both ends see it: told once, under the name that sorts first.
      const [near = '', far = ''] = [subject, branch].toSorted()
      const at = since === undefined ? {} : { since }
      return { level: 'wrong', code: 'branch_link_down', subject: near, ...at, facts: { far: [far] } }
    })
  const standing = alarms.map(({ alarm, since, text, detail = alarm }): Problem => ({
    level: 'wrong',
    code: 'branch_alarm',
    subject,
    since,
    facts: { alarm, en: text?.en ?? detail, ar: text?.ar ?? detail },
  }))
  return [...draining, ...down, ...standing]
}

function gatewaySilent(
  { id, url, status, failure }: Reading<GatewayStatus>,
  branches: readonly BranchStatus[],
): Problem[] {
  if (status !== undefined) return []
  const seen = branches.filter(({ gateways }) => gateways.some((gateway) => gateway.id === id)).length
  const facts = { reason: failure?.reason ?? 'failed', url, seen, asked: branches.length }
  return [{ level: 'wrong', code: 'gateway_silent', subject: id, facts }]
}

function gatewayProblems(status: GatewayStatus, silent: ReadonlySet<string>): Problem[] {
  const { gateway: subject, branches, alarms, evidence } = status
  const down = branches.filter(({ state }) => state !== 'up')
  const problems: Problem[] = []
  if (down.length === branches.length) {
    const names = down.map(({ branch }) => branch)
    const since = down.map((link) => link.since).toSorted()
    const at = since.length === 0 ? {} : { since: since.at(-1) ?? '' }
    // When all its branches are silent, that is what is wrong: each of them names it.
    if (down.length === 0)
      problems.push({ level: 'wrong', code: 'gateway_without_branch', subject, facts: {} })
    else if (!names.every((branch) => silent.has(branch)))
      problems.push({ level: 'wrong', code: 'gateway_cut_off', subject, ...at, facts: { names } })
  } else {
    for (const { branch, since, state, reason = state } of down) {
      if (silent.has(branch)) continue
      // A branch that leaves in order told so, and its own line says it.
      const level = state === 'draining' ? 'notice' : 'wrong'
      problems.push({ level, code: 'gateway_link_down', subject, since, facts: { branch: [branch], reason } })
    }
  }
  if (!evidence.healthy && !alarms.some(({ alarm }) => alarm === 'evidence_unwritable'))
    problems.push({ level: 'wrong', code: 'evidence_unhealthy', subject, facts: {} })
  for (const { alarm, since, detail = '' } of alarms)
    problems.push({ level: 'wrong', code: 'gateway_alarm', subject, since, facts: { alarm, detail } })
  return [...problems, ...withoutSpare(status)]
}

/** Peers that this gateway dialled and that only one session reaches; the side that dialled keeps the spare. */
function withoutSpare({ gateway: subject, sessions }: GatewayStatus): Problem[] {
  const ready = sessions.filter(({ use }) => use !== 'ending')
  const peers = Map.groupBy(ready, (session) => session.gateway)
  const single = [...peers].filter(([, held]) => held.length === 1 && held[0]?.role === 'initiator')
  if (single.length === 0) return []
  const names = single.map(([peer]) => peer).toSorted()
  return [{ level: 'notice', code: 'no_spare', subject, facts: { names, count: single.length } }]
}

function onceEach(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>()
  for (const problem of problems) {
    const { code, subject, facts } = problem
    const key =
      code === 'branch_link_down' ? `${code} ${subject} ${String(facts['far'])}` : JSON.stringify(problem)
    const before = seen.get(key)
    const isEarlier = before?.since !== undefined && before.since <= (problem.since ?? before.since)
    if (!isEarlier) seen.set(key, problem)
  }
  return [...seen.values()]
}
