import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RETIRED_FILE } from '../src/branch/retired-file.ts'

/**
 * A gateway or branch that joined after the sandbox was built. `wusla gateway join` and `branch join` write one file
 * each to `joined/`, so that two at once do not lose one another, and whoever runs the sandbox starts what stands there.
 */
export interface JoinedActor {
  readonly kind: 'branch' | 'gateway'
  readonly id: string
  readonly directory: string
  /** API token of a gateway. */
  readonly adminToken?: string
}

/** A backend that came with a branch: `wusla sandbox branch add` writes one file for it to `joined/` too. */
export interface JoinedBackend {
  readonly kind: 'backend'
  /** The service behind which it answers. */
  readonly id: string
  readonly directory: string
  readonly program: string
  readonly port: number
}

/** Everything that joined, in the order of its files' names. */
export function joinedPrograms(state: string): (JoinedActor | JoinedBackend)[] {
  const folder = join(state, 'joined')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as JoinedActor | JoinedBackend)
}

/** Gateways and branches that joined. */
export function joinedActors(state: string): JoinedActor[] {
  return joinedPrograms(state).filter((joined) => joined.kind !== 'backend')
}

/** A branch that was retired is no part of the sandbox any more, though its folder stays. */
export function isRetired(directory: string): boolean {
  return existsSync(join(directory, RETIRED_FILE))
}
