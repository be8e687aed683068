import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RETIRED_FILE } from '../../src/branch/retired-file.ts'
import type { Directory } from '../../src/directory/directory.ts'
import { logEvent } from './actor-process.ts'

/** What is watched. */
type RetirementSource = Pick<Directory, 'isRetiredBranch' | 'onChange'>

/**
 * Ends a branch that the directory retires, at once also when it was before: it has nothing left to do, and nobody at
 * its host has to stop it. A file in its state folder tells whoever would start it again.
 */
export function watchRetirement(
  directory: RetirementSource,
  branch: string,
  stateDirectory: string,
  end: () => void,
): Disposable {
  const look = (): void => {
    if (!directory.isRetiredBranch(branch)) return
    stop()
    writeFileSync(join(stateDirectory, RETIRED_FILE), `${JSON.stringify({ branch })}\n`)
    logEvent({ kind: 'branch_retired', branch })
    end()
  }
  const unsubscribe = directory.onChange(look)
  const stop = (): void => {
    unsubscribe()
  }
  look()
  return { [Symbol.dispose]: stop }
}
