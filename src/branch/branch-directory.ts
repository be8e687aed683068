import type { LinkDirectory } from '../transport/link-identity.ts'

/** What the directory says of one line. */
export interface LineFacts {
  /** Its id. */
  readonly line: string
  /** Mbit/s in each direction. */
  readonly capacityMbps: number
  /** Dirhams a month. */
  readonly monthlyCostAed: number
  /** Names of what fails together, such as one duct. */
  readonly riskGroups: readonly string[]
}

/** What a branch needs of the directory. */
export interface BranchDirectory extends LinkDirectory {
  /** Whether a gateway or branch of this id is admitted now: known, not retired, its member not suspended. */
  readonly isActive: (id: string) => boolean
  /** Where a branch listens, `host:port`; `undefined` when it is unknown or retired. */
  readonly branch: (
    id: string,
  ) => { readonly controlAddress: string; readonly tunnelAddress: string } | undefined
  /** Whether the operator announced that this branch is about to be retired. Default: none is. */
  readonly isLeaving?: (branch: string) => boolean
  /** The other ends of the lines registered for a branch, gateways among them. */
  readonly neighboursOf: (branch: string) => readonly string[]
  /** The lines registered between two branches, or a branch and a gateway, by their ids; in either order of the ends. */
  readonly linesBetween: (a: string, b: string) => readonly LineFacts[]
}

/** The part of the directory that a branch looks at. */
export interface DirectoryReader {
  readonly tlsKeyOwner: (tlsKeyId: string) => string | undefined
  readonly onChange: (listener: () => void) => () => unknown
  readonly gateway: (id: string) => { readonly member: string } | undefined
  readonly member: (id: string) => { readonly status: 'active' | 'suspended' } | undefined
  readonly branch: (
    id: string,
  ) =>
    { readonly controlAddress: string; readonly tunnelAddress: string; readonly leaving?: true } | undefined
  readonly lines: () => readonly DirectoryLine[]
}

type DirectoryLine = LineFacts & { readonly ends: readonly string[] }

/** The directory as a branch looks at it: a member that is suspended has no gateways here. */
export function branchDirectory(directory: DirectoryReader): BranchDirectory {
  function isActive(id: string): boolean {
    if (directory.branch(id) !== undefined) return true
    const gateway = directory.gateway(id)
    return gateway !== undefined && directory.member(gateway.member)?.status === 'active'
  }

  // Asked for every link of every choice of a path, so the lines are sorted by their ends once for each directory.
  let index: ReadonlyMap<string, ReadonlyMap<string, LineFacts[]>> | undefined
  directory.onChange(() => {
    index = undefined
  })
  const linesOf = (end: string): ReadonlyMap<string, readonly LineFacts[]> => {
    index ??= linesByEnds(directory.lines())
    return index.get(end) ?? NO_LINES
  }

  return {
    isActive,
    tlsKeyOwner: (tlsKeyId) => {
      const owner = directory.tlsKeyOwner(tlsKeyId)
      return owner !== undefined && isActive(owner) ? owner : undefined
    },
    onChange: (listener) => {
      const stop = directory.onChange(listener)
      return () => {
        stop()
      }
    },
    branch: (id) => directory.branch(id),
    isLeaving: (id) => directory.branch(id)?.leaving === true,
    neighboursOf: (branch) => [...linesOf(branch).keys()],
    linesBetween: (a, b) => linesOf(a).get(b) ?? [],
  }
}

const NO_LINES: ReadonlyMap<string, readonly LineFacts[]> = new Map()

function linesByEnds(lines: readonly DirectoryLine[]): Map<string, Map<string, LineFacts[]>> {
  const index = new Map<string, Map<string, LineFacts[]>>()
  const put = (end: string, other: string, line: LineFacts): void => {
    const ofEnd = index.get(end) ?? new Map<string, LineFacts[]>()
    ofEnd.set(other, [...(ofEnd.get(other) ?? []), line])
    index.set(end, ofEnd)
  }
  const sorted = [...lines].sort((a, b) => (a.line < b.line ? -1 : 1))
  for (const { ends, line, capacityMbps, monthlyCostAed, riskGroups } of sorted) {
    const [a, b] = ends
    if (a === undefined || b === undefined) continue
    const facts = { line, capacityMbps, monthlyCostAed, riskGroups }
    put(a, b, facts)
    put(b, a, facts)
  }
  return index
}
