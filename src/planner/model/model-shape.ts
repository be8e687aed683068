import { flag, listOf, MAX_PROBLEMS, objectOf, oneOf, text, wholeNumber } from '../../trust/shape.ts'
import type { Shape } from '../../trust/shape.ts'

/** Controls and bidirectional marks: they would let two names look alike, or break a line of output in two. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- these are the characters to refuse
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/

const words = (max: number): Shape<string> =>
  text({
    max,
    test: (value) => value.isWellFormed() && !UNSEEN.test(value) && value.trim() === value,
    what: 'one line of text without hidden characters',
  })

/** A number, whole or not, from `min` to `max`. */
function amount(min: number, max: number): Shape<number> {
  return {
    check(value, path, problems) {
      const fits = typeof value === 'number' && value >= min && value <= max
      if (!fits && problems.length < MAX_PROBLEMS) {
        problems.push({ path, problem: `must be a number from ${min} to ${max}` })
      }
    },
  }
}

/** The least capacity that counts as one: 1 kbit/s. */
const LEAST_MBPS = 0.001

const id = words(1024)
const name = objectOf({ ar: words(200), en: words(200) })
const place = objectOf({ longitude: amount(-180, 180), latitude: amount(-90, 90) })
const groups = listOf(words(64), { min: 0, max: 32, unique: true })
const mbps = amount(0, 1e9)
const aed = amount(0, 1e12)
const ends = listOf(id, { min: 2, max: 2, unique: true })
const latencyMs = amount(0, 10_000)
const isDate = (value: string): boolean => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

const branchParts = { name, class: words(64), host: id, place }
const transit = objectOf(
  {},
  {
    avoid: listOf(id, { max: 64, unique: true }),
    only: listOf(id, { max: 64, unique: true }),
    onlyClasses: listOf(words(64), { max: 64, unique: true }),
  },
)

/** How many of each there may be: what one machine studies in minutes. */
const MOST = Object.freeze({ nodes: 50_000, lines: 200_000, services: 200_000, agreements: 200_000 })

const many = <T>(item: Shape<T>, max: number): Shape<readonly T[]> => listOf(item, { min: 0, max })

const line = objectOf(
  { id, ends },
  {
    capacityMbps: amount(LEAST_MBPS, 1e9),
    monthlyCostAed: aed,
    owner: words(200),
    sharedRiskGroups: groups,
    installedSince: text({ max: 10, test: isDate, what: 'a date such as 2024-03-01' }),
    latencyMs,
  },
)

const candidateLine = objectOf(
  {
    id,
    ends,
    modules: listOf(objectOf({ capacityMbps: amount(LEAST_MBPS, 1e9), monthlyCostAed: aed }), {
      max: 100,
    }),
  },
  { monthlyFixedAed: aed, sharedRiskGroups: groups, latencyMs },
)

const candidates = objectOf(
  {},
  {
    lines: many(candidateLine, MOST.lines),
    branches: many(objectOf({ id, monthlyCostAed: aed }, branchParts), MOST.nodes),
  },
)

const parts = {
  entities: many(objectOf({ id }, { name }), MOST.nodes),
  gateways: many(objectOf({ id }, { entity: id, name, place }), MOST.nodes),
  branches: many(objectOf({ id }, branchParts), MOST.nodes),
  lines: many(line, MOST.lines),
  services: many(
    objectOf({ id, at: listOf(id, { max: 64, unique: true }) }, { entity: id, name, open: flag }),
    MOST.services,
  ),
  agreements: many(
    objectOf({
      id,
      consumer: id,
      grants: listOf(objectOf({ service: id }, { transit }), { max: 200 }),
    }),
    MOST.agreements,
  ),
  demands: many(
    objectOf({ from: id, to: id, mbps }, { backMbps: mbps, basis: oneOf('given', 'measured') }),
    MOST.agreements,
  ),
  candidates,
}

/** A file that describes a whole network. */
export const MODEL_SHAPE = objectOf(
  { type: oneOf('wusla/network-model/v1') },
  { network: words(63), title: name, maxPathBranches: wholeNumber(1, 1_000), ...parts },
)

/** A file that describes what would be added to one. */
export const ADDITION_SHAPE = objectOf({ type: oneOf('wusla/network-addition/v1') }, parts)
