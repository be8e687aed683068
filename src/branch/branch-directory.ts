import type { Directory } from '../directory/directory.ts'
import type { LinkDirectory } from '../transport/link-identity.ts'

/** What a branch needs of the directory. */
export interface BranchDirectory extends LinkDirectory {
  /** Whether a gateway or branch of this id is admitted now: known, not retired, its member not suspended. */
  readonly isActive: (id: string) => boolean
  /** Where a branch listens, `host:port`; `undefined` when it is unknown or retired. */
  readonly branch: (
    id: string,
  ) => { readonly controlAddress: string; readonly tunnelAddress: string } | undefined
  /** The other ends of the lines registered for a branch, gateways among them. */
  readonly neighboursOf: (branch: string) => readonly string[]
}

/** The directory as a branch looks at it. */
export function branchDirectory(
  directory: Pick<Directory, 'tlsKeyOwner' | 'onChange' | 'gateway' | 'member' | 'branch' | 'lines'>,
): BranchDirectory {
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
    onChange: (listener) => directory.onChange(listener),
    branch: (id) => directory.branch(id),
    neighboursOf: (branch) =>
      directory
        .lines()
        .filter(({ ends }) => ends.includes(branch))
        .flatMap(({ ends }) => ends.filter((end) => end !== branch)),
  }
}
