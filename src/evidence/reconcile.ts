import { memberOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { ExchangeRow } from './evidence-query.ts'

/** The members of a row that both sides must agree in. What may name a person is not among them. */
const COMPARED = Object.freeze([
  'client',
  'service',
  'requestedAt',
  'requestBytes',
  'answeredAt',
  'answerBytes',
  'status',
  'error',
] as const)

/** An exchange in a list for reconciliation: never a path, a user or a message id. */
export type ListedExchange = Pick<ExchangeRow, 'exchange' | 'role' | 'state' | (typeof COMPARED)[number]>

/** What one gateway holds of its exchanges with another member: `docs/spec/reconciliation.md`. */
export interface ExchangeList {
  readonly type: 'wusla/exchange-list/v1'
  /** Whose evidence it is. */
  readonly gateway: string
  /** The member at the other side of every exchange in it. */
  readonly with: string
  /** Requests from this instant on, by the time their statements say (RFC 3339 UTC with milliseconds). */
  readonly from: string
  /** Requests before this instant. */
  readonly until: string
  readonly exchanges: readonly ListedExchange[]
}

/** Something that only one side holds, or that the two sides hold differently. */
export interface OneSided {
  readonly exchange: string
  /**
   * `exchange`: all of it is missing; `answer`, `request`: this statement; `none`: both hold both, and `differs` names
   * the members that are not the same.
   */
  readonly missing: 'exchange' | 'answer' | 'request' | 'none'
  /** Member at which it is missing; the other one holds it and can export it. */
  readonly at: string
  readonly heldBy: string
  readonly client?: string
  readonly service?: string
  readonly requestedAt?: string
  readonly differs?: readonly string[]
}

/** What a comparison found. */
export interface Reconciliation {
  readonly members: readonly [string, string]
  readonly from: string
  readonly until: string
  /** Exchanges that at least one side holds. */
  readonly compared: number
  readonly oneSided: readonly OneSided[]
  /** Exchanges whose answer neither side holds: they agree, and nothing was answered. */
  readonly unansweredAtBoth: number
  /** Exchanges whose statements one side erased: there is nothing to compare. */
  readonly erased: number
}

/** What of a row may stand in a list. */
export function listedExchange(row: ExchangeRow): ListedExchange {
  const { exchange, role, state } = row
  const listed: Record<string, unknown> = { exchange, role, state }
  for (const name of COMPARED) if (row[name] !== undefined) listed[name] = row[name]
  return listed as unknown as ListedExchange
}

/**
 * Compares what two members hold of their exchanges with each other. Pure; time and memory grow with the lists.
 *
 * @param lists - one list of every gateway of both members, over the same time
 * @throws WuslaError `invalid_request` when the lists are not of two members about each other over one time
 */
export function reconcile(lists: readonly ExchangeList[]): Reconciliation {
  const [first] = lists
  if (first === undefined) throw notComparable('There is no list')
  const members: [string, string] = [memberOf(first.gateway), first.with]
  const [ours, theirs] = members.map((member) => heldBy(lists, first, member, members))
  if (ours === undefined || theirs === undefined) throw notComparable('A list of the other member is missing')
  const ids = [...new Set([...ours.keys(), ...theirs.keys()])].sort((a, b) => (a < b ? -1 : 1))
  const found = { oneSided: [] as OneSided[], unansweredAtBoth: 0, erased: 0 }
  for (const id of ids) {
    const pair = [ours.get(id), theirs.get(id)] as const
    if (pair.some((row) => row?.state === 'erased')) found.erased += 1
    else if (pair.every((row) => row?.state === 'unanswered')) found.unansweredAtBoth += 1
    else found.oneSided.push(...differenceOf(pair, members))
  }
  return { members, from: first.from, until: first.until, compared: ids.length, ...found }
}

/** The rows of all gateways of one member; a member may have held an exchange at two of them. */
function heldBy(
  lists: readonly ExchangeList[],
  { from, until }: ExchangeList,
  member: string,
  members: readonly string[],
): ReadonlyMap<string, ListedExchange> | undefined {
  const rows = new Map<string, ListedExchange>()
  let hasList = false
  for (const list of lists) {
    const holder = memberOf(list.gateway)
    if (!members.includes(holder) || !members.includes(list.with) || list.with === holder)
      throw notComparable(`The list of ${list.gateway} is about other members`)
    if (list.from !== from || list.until !== until)
      throw notComparable(`The list of ${list.gateway} is about another time`)
    if (holder !== member) continue
    hasList = true
    for (const row of list.exchanges) {
      const known = rows.get(row.exchange)
      if (known === undefined || known.state !== 'answered') rows.set(row.exchange, row)
    }
  }
  return hasList ? rows : undefined
}

function differenceOf(
  [ours, theirs]: readonly [ListedExchange | undefined, ListedExchange | undefined],
  [us, them]: readonly [string, string],
): OneSided[] {
  const held = ours ?? theirs
  if (held === undefined) return []
  const about = (at: string): Omit<OneSided, 'missing'> => {
    const { exchange, client, service, requestedAt } = held.client === undefined ? (theirs ?? held) : held
    const facts = { client, service, requestedAt }
    const known = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
    return { exchange, at, heldBy: at === us ? them : us, ...known }
  }
  if (ours === undefined || theirs === undefined) {
    return [{ ...about(ours === undefined ? us : them), missing: 'exchange' }]
  }
  const lacking = [
    ...sidesWithout('answer', 'unanswered', [ours, theirs], [us, them]),
    ...sidesWithout('request', 'unasked', [ours, theirs], [us, them]),
  ]
  if (lacking.length > 0) return lacking.map(({ at, missing }) => ({ ...about(at), missing }))
  const differs = COMPARED.filter((name) => ours[name] !== theirs[name])
  return differs.length === 0 ? [] : [{ ...about(them), missing: 'none', differs }]
}

function sidesWithout(
  missing: 'answer' | 'request',
  state: ListedExchange['state'],
  rows: readonly ListedExchange[],
  members: readonly string[],
): { at: string; missing: 'answer' | 'request' }[] {
  return members.filter((_, side) => rows[side]?.state === state).map((at) => ({ at, missing }))
}

function notComparable(message: string): WuslaError {
  return new WuslaError('invalid_request', { message: `${message}.` })
}
