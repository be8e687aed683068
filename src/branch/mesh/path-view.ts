import type { WayLeg } from '../../transport/branch-control.ts'
import type { BranchDirectory, LineFacts } from '../branch-directory.ts'
import type { PathView, UsedByOther } from './choose-path.ts'
import type { LinkState } from './link-state.ts'

/** What a branch knows of the mesh. */
export interface MeshKnowledge {
  readonly branch: string
  readonly state: Pick<LinkState, 'linksOf' | 'usedMbps' | 'hasGateway'>
  readonly directory: Pick<BranchDirectory, 'linesBetween'>
  /** Whether a gateway is connected to this very branch. */
  readonly isConnected: (gateway: string) => boolean
}

/** The mesh as it is now, on the way to one gateway. Each branch is looked at once, so take a new view for each request. */
export function pathView(knowledge: MeshKnowledge, target: string): PathView {
  const { branch, state, directory, isConnected } = knowledge
  const known = new Map<string, readonly WayLeg[]>()
  return {
    legsFrom: (from) => {
      const legs = known.get(from) ?? legsOf(knowledge, from)
      known.set(from, legs)
      return legs
    },
    exitFrom: (from) => {
      const isHome = from === branch ? isConnected(target) : state.hasGateway(from, target)
      // How far a gateway is from another branch nobody reports.
      return isHome ? legOf(from, target, 0, directory.linesBetween(from, target)) : undefined
    },
  }
}

/** What a path from one gateway to another uses, the lines at both its ends included. */
export function usedBy(
  directory: Pick<BranchDirectory, 'linesBetween'>,
  from: string,
  path: readonly string[],
  target: string,
): UsedByOther {
  const stops = [from, ...path, target]
  const lines = stops.slice(1).flatMap((to, at) => directory.linesBetween(stops[at] ?? '', to))
  return {
    branches: new Set(path),
    lines: new Set(lines.map(({ line }) => line)),
    riskGroups: new Set(lines.flatMap(({ riskGroups }) => riskGroups)),
  }
}

function legsOf({ state, directory }: MeshKnowledge, from: string): WayLeg[] {
  return state.linksOf(from).map(({ to, rttMs, usedMbps }) => {
    const lines = directory.linesBetween(from, to)
    return legOf(from, to, rttMs, lines, busier(usedMbps, state.usedMbps(to, from)))
  })
}

function legOf(
  from: string,
  to: string,
  rttMs: number,
  lines: readonly LineFacts[],
  usedMbps?: number,
): WayLeg {
  const sum = (of: (line: LineFacts) => number): number => lines.reduce((total, line) => total + of(line), 0)
  return {
    from,
    to,
    lines: lines.map(({ line }) => line),
    rttMs,
    ...(usedMbps === undefined ? {} : { usedMbps }),
    ...(lines.length === 0
      ? {}
      : {
          capacityMbps: sum(({ capacityMbps }) => capacityMbps),
          monthlyCostAed: sum(({ monthlyCostAed }) => monthlyCostAed),
        }),
    riskGroups: [...new Set(lines.flatMap(({ riskGroups }) => riskGroups))],
  }
}

/** Exchanges go both ways, so the fuller direction is what counts. */
function busier(there: number | undefined, back: number | undefined): number | undefined {
  if (there === undefined || back === undefined) return there ?? back
  return Math.max(there, back)
}
