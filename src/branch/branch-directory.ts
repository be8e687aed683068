import type { LinkDirectory } from '../transport/link-identity.ts'

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
  readonly lines: () => readonly { readonly ends: readonly string[] }[]
}

/** The directory as a branch looks at it: a member that is suspended has no gateways here. */
export function branchDirectory(directory: DirectoryReader): BranchDirectory {
  function isActive(id: string): boolean {
    if (directory.branch(id) !== undefined) return true
    const gateway = directory.gateway(id)
    return gateway !== undefined && directory.member(gateway.member)?.status === 'active'
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
    neighboursOf: (branch) =>
      directory
        .lines()
        .filter(({ ends }) => ends.includes(branch))
        .flatMap(({ ends }) => ends.filter((end) => end !== branch)),
  }
}
