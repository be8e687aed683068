import { Command } from 'commander'
import { WuslaError } from '../src/protocol/wusla-error.ts'

/** Is an actor in this process until it is told to stop; gives the exit code. */
export type RunActor = (directory: string) => Promise<number>

/**
 * The command `run` of an actor.
 *
 * @param run - absent in a program that only explains the command: an actor is far larger than the commands about it, and the launcher
 *   (`bin/wusla.js`) starts it from a program that has it
 */
export function runVerb(actor: 'registry' | 'branch' | 'gateway', was: string, run?: RunActor): Command {
  return new Command('run')
    .description(`run a ${actor} that ${was}, in the foreground`)
    .requiredOption('--dir <dir>', `the ${actor}'s state folder`)
    .action(async ({ dir }: { dir: string }) => {
      if (run === undefined) throw new WuslaError('internal_error', { details: { missing: actor } })
      process.exitCode = await run(dir)
    })
}
