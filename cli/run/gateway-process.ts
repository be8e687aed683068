import { tellFailure } from '../voice.ts'
import { runGateway } from './run-gateway.ts'

/** A process that is one gateway until it is told to stop; gives the exit code. */
export async function main(directory: string): Promise<number> {
  try {
    await runGateway(directory)
    return 0
  } catch (error) {
    return tellFailure(error, false)
  }
}
