import { tellFailure } from '../voice.ts'
import { runRegistry } from './run-registry.ts'

/** A process that is one registry until it is told to stop; gives the exit code. */
export async function main(directory: string): Promise<number> {
  try {
    await runRegistry(directory)
    return 0
  } catch (error) {
    return tellFailure(error, false)
  }
}
