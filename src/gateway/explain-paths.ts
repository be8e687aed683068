import { toWuslaError } from '../protocol/wusla-error.ts'
import type { WeighedWay } from '../transport/branch-control.ts'
import type { HeldSession } from './held-session.ts'
import type { PathWish } from './peer-sessions.ts'
import { rankBranches } from './rank-branches.ts'
import { spareChoices } from './spare-sessions.ts'
import { type BranchClasses, keepsTransit, ruleForBranch, type TransitRule } from './transit-rule.ts'

/** Asks a branch which ways it knows to a gateway, without opening one. Rejects with a WuslaError. */
export type Weigh = (branch: string, target: string, wish: PathWish) => Promise<readonly WeighedWay[]>

/** What a way is to this gateway now. */
export type WayUse =
  /** A session runs over it: the one requests take, or a spare. */
  | 'in_use'
  | 'spare'
  /** It would be opened if a request came now, or as the spare. */
  | 'next'
  | 'next_spare'
  | 'possible'
  /** The terms of the agreement do not let it be used. */
  | 'forbidden'

/** A way and what it is to us. */
export interface ToldWay extends WeighedWay {
  readonly use: WayUse
}

/** How one gateway is reached. */
export interface GatewayPaths {
  readonly gateway: string
  /** Sessions to it in the order in which requests take them; `allowed`: it keeps the terms. */
  readonly sessions: readonly (HeldSession & { readonly allowed: boolean })[]
  /** What our branches weighed: what is used first, then by cost. */
  readonly ways: readonly ToldWay[]
  /** Branches that could not be asked. */
  readonly unanswered: readonly UnansweredBranch[]
}

interface UnansweredBranch {
  readonly branch: string
  readonly code: string
  readonly detail: string
}

type Ask = (branch: string, wish: PathWish) => Promise<readonly WeighedWay[]>

interface ExplainPathsDeps {
  /** Branches with a live link, nearest first. */
  readonly branches: readonly string[]
  /** Round trip to one of them in milliseconds; undefined until measured. */
  readonly linkMs: (branch: string) => number | undefined
  readonly sessions: readonly HeldSession[]
  readonly weigh: Weigh
  readonly classes: BranchClasses
  /** Whether our lines to two branches may fail together. */
  readonly shareRisk: (one: string, other: string) => boolean
}

/** Most ways that one answer tells. */
const MAX_TOLD = 32

const ORDER: readonly WayUse[] = ['in_use', 'spare', 'next', 'next_spare', 'possible', 'forbidden']

/**
 * How a gateway is reached and why this way: the sessions, and every way our branches know, with its figures.
 *
 * @param terms - what the agreement lets pass; default: everything
 */
export async function explainPaths(
  deps: ExplainPathsDeps,
  gateway: string,
  terms: TransitRule = {},
): Promise<GatewayPaths> {
  const sessions = deps.sessions
    .filter((session) => session.gateway === gateway)
    .map((session) => ({ ...session, allowed: keepsTransit(session.path, terms, deps.classes) }))
  // A branch knows no classes.
  const rule = ruleForBranch(terms, deps.classes)
  const ready = sessions.filter(({ use, allowed }) => allowed && use !== 'ending')
  const inUse = ready.find(({ use }) => use === 'in_use') ?? ready[0]
  const spare = ready.find((session) => session !== inUse)
  const unanswered = new Map<string, UnansweredBranch>()
  const ask: Ask = async (branch, wish) => {
    try {
      return await deps.weigh(branch, gateway, wish)
    } catch (cause) {
      const { code, message } = toWuslaError(cause, 'branch_unreachable')
      unanswered.set(branch, { branch, code, detail: message })
      return []
    }
  }
  const ways = await askBranches(deps.branches, ask, rule)
  const next = inUse === undefined ? firstTried(deps, ways)?.path : undefined
  const nextSpare =
    inUse !== undefined && spare === undefined ? await likelySpare(deps, ask, inUse, rule) : undefined
  // The ways a spare may take need not be among the best ones.
  const known = nextSpare === undefined || hasPath(ways, nextSpare.path) ? ways : [...ways, nextSpare]
  const useOf = ({ path }: WeighedWay): WayUse => {
    if (isSame(path, inUse?.path)) return 'in_use'
    if (ready.some((session) => isSame(path, session.path))) return 'spare'
    if (isSame(path, next)) return 'next'
    if (isSame(path, nextSpare?.path)) return 'next_spare'
    return keepsTransit(path, terms, deps.classes) ? 'possible' : 'forbidden'
  }
  const told = known
    .map((way) => ({ ...way, use: useOf(way) }))
    .sort((a, b) => ORDER.indexOf(a.use) - ORDER.indexOf(b.use) || a.costMs - b.costMs)
  return { gateway, sessions, ways: told.slice(0, MAX_TOLD), unanswered: [...unanswered.values()] }
}

/** The ways of all our branches, in the order of the branches; those the terms forbid as well. */
async function askBranches(branches: readonly string[], ask: Ask, terms: TransitRule): Promise<WeighedWay[]> {
  const hasTerms = terms.avoid !== undefined || terms.only !== undefined
  const answers = await Promise.all(
    branches.map(async (branch) => {
      const [allowed, all] = await Promise.all([ask(branch, terms), hasTerms ? ask(branch, {}) : []])
      const others = all.filter(({ path }) => !hasPath(allowed, path))
      return [...allowed, ...others.map((way) => ({ ...way, chosen: false }))]
    }),
  )
  return answers.flat()
}

/** What would be opened for a call: the best way of the branch that ranks first. */
function firstTried(
  { branches, linkMs }: ExplainPathsDeps,
  ways: readonly WeighedWay[],
): WeighedWay | undefined {
  const best = new Map(ways.filter(({ chosen }) => chosen).map((way) => [way.path[0], way]))
  const entries = branches.map((branch) => {
    return { branch, linkMs: linkMs(branch), wayMs: best.get(branch)?.costMs }
  })
  return best.get(rankBranches(entries)[0])
}

/** The way over which a spare beside this session would be opened; `undefined` when none is known. */
async function likelySpare(
  { branches, shareRisk }: ExplainPathsDeps,
  ask: Ask,
  inUse: HeldSession,
  terms: TransitRule,
): Promise<WeighedWay | undefined> {
  for (const { branch, avoid, apartFrom } of spareChoices([inUse], branches, shareRisk)) {
    const avoided = [...new Set([...(terms.avoid ?? []), ...avoid])]
    const ways = await ask(branch, {
      ...terms,
      avoid: avoided,
      ...(apartFrom === undefined ? {} : { apartFrom }),
    })
    const chosen = ways.find((way) => way.chosen)
    if (chosen !== undefined) return chosen
  }
  return undefined
}

function hasPath(ways: readonly WeighedWay[], path: readonly string[]): boolean {
  return ways.some((way) => isSame(way.path, path))
}

function isSame(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((branch, at) => branch === b[at])
}
