import { MAX_PATH_BRANCHES, type OpenMessage, type WeighMessage } from '../../transport/branch-control.ts'
import type { PathRules } from './choose-path.ts'
import { type MeshKnowledge, usedBy } from './path-view.ts'

/** What a gateway demands and prefers of a path. */
type Wishes = Pick<OpenMessage | WeighMessage, 'target' | 'avoid' | 'only' | 'apartFrom'>

/** The rules that a request of a gateway sets for its path from this branch on. */
export function pathRules({ branch, directory }: MeshKnowledge, from: string, wishes: Wishes): PathRules {
  const { apartFrom, target } = wishes
  return {
    entry: branch,
    maxBranches: MAX_PATH_BRANCHES,
    mayPass: (each) => mayPass(wishes, each),
    mayUse: () => true,
    apartFrom: apartFrom === undefined ? undefined : usedBy(directory, from, apartFrom, target),
  }
}

/** Whether the constraint of a request lets a path lead through a branch. */
export function mayPass({ avoid, only }: Pick<Wishes, 'avoid' | 'only'>, branch: string): boolean {
  return avoid?.includes(branch) !== true && only?.includes(branch) !== false
}
