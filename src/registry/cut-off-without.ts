import type { Directory } from '../directory/directory.ts'

/** Most gateways that are named. */
const MAX_NAMED = 64

/** What is looked at. */
export type LinkedDirectory = Pick<Directory, 'branches' | 'lines' | 'members' | 'gatewaysOf'>

/** Gateways with the same groups of branches in reach, before and after. */
interface Site {
  readonly before: ReadonlySet<number>
  readonly after: ReadonlySet<number>
  readonly gateways: string[]
}

/**
 * Gateways that would lose others when a branch goes: those with no other branch in reach, and the smaller side where it
 * is the only joint between parts of the network. Judged by the registered lines and home branches, of branches that stay.
 *
 * @returns at most 64, sorted
 */
export function cutOffWithout(directory: LinkedDirectory, branch: string): string[] {
  const staying = directory
    .branches()
    .filter(({ branch: id, leaving }) => id === branch || leaving !== true)
    .map(({ branch: id }) => id)
  const before = groupsOf(directory, staying)
  const after = groupsOf(
    directory,
    staying.filter((id) => id !== branch),
  )
  const cutOff = new Set<string>()
  const sites = sitesOf(directory, before, after)
  for (const [at, one] of sites.entries()) {
    // Two gateways of one place lose each other too when nothing else is in reach there.
    if (one.before.size > 0 && one.after.size === 0) for (const id of one.gateways) cutOff.add(id)
    for (const other of sites.slice(at + 1)) {
      if (one.before.isDisjointFrom(other.before) || !one.after.isDisjointFrom(other.after)) continue
      const lesser = one.gateways.length < other.gateways.length ? one : other
      const losers = one.after.size === 0 ? one : other.after.size === 0 ? other : lesser
      for (const id of losers.gateways) cutOff.add(id)
    }
  }
  return [...cutOff].sort().slice(0, MAX_NAMED)
}

/** By branch, the number of the group of branches that lines join. */
function groupsOf(directory: LinkedDirectory, branches: readonly string[]): Map<string, number> {
  const neighbours = new Map<string, string[]>(branches.map((id) => [id, []]))
  for (const { ends } of directory.lines()) {
    const [a = '', b = ''] = ends
    if (!neighbours.has(a) || !neighbours.has(b)) continue
    neighbours.get(a)?.push(b)
    neighbours.get(b)?.push(a)
  }
  const groups = new Map<string, number>()
  for (const [number, first] of branches.entries()) {
    const open = groups.has(first) ? [] : [first]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (groups.has(next)) continue
      groups.set(next, number)
      open.push(...(neighbours.get(next) ?? []))
    }
  }
  return groups
}

function sitesOf(
  directory: LinkedDirectory,
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Site[] {
  const lined = new Map<string, string[]>()
  for (const { ends } of directory.lines()) {
    const [a = '', b = ''] = ends
    for (const [end, other] of [
      [a, b],
      [b, a],
    ] as const)
      if (before.has(other)) lined.set(end, [...(lined.get(end) ?? []), other])
  }
  const sites = new Map<string, Site>()
  for (const { member } of directory.members()) {
    for (const { gateway, branches } of directory.gatewaysOf(member)) {
      const homes = [...branches, ...(lined.get(gateway) ?? [])]
      const inReach = (groups: ReadonlyMap<string, number>): Set<number> =>
        new Set(homes.map((home) => groups.get(home)).filter((group) => group !== undefined))
      const site = { before: inReach(before), after: inReach(after), gateways: [gateway] }
      const key = [site.before, site.after]
        .map((groups) => [...groups].sort((a, b) => a - b).join())
        .join('/')
      const known = sites.get(key)
      if (known === undefined) sites.set(key, site)
      else known.gateways.push(gateway)
    }
  }
  return [...sites.values()]
}
