import { tellFailure } from '../voice.ts'
import { runBranch } from './run-branch.ts'

/** A process that is one branch until it is told to stop; gives the exit code. */
export async function main(directory: string): Promise<number> {
  try {
    await runBranch(directory)
    return 0
  } catch (error) {
    return tellFailure(error, false)
  }
}
