import { Command, CommanderError } from 'commander'
import { behindHyphens } from './leading-hyphens.ts'
import { EXIT, tellFailure, tellMisuse } from './voice.ts'

const FIRST_STEPS = `
First steps:
  wusla sandbox up                        a whole network on this machine
  wusla status --state var/sandbox        what is wrong, since when, what to do
  wusla explain --state var/sandbox …     may A call B, and if not, why not
  wusla evidence export / verify          prove an exchange to anyone

Every command that talks to an actor takes its address and token by flag (--registry, --gateway, --token), by
environment (WUSLA_REGISTRY, WUSLA_GATEWAY, WUSLA_BRANCH, WUSLA_TOKEN) or from a configuration file (--config,
WUSLA_CONFIG, ~/.config/wusla/cli.json: JSON with registry, registryToken, gateway, gatewayToken, branch; for
\`wusla status\` also gateways and branches, lists of {url, token}). --state DIR
(WUSLA_STATE) names a sandbox instead; there --member ID or --gateway ID chooses a gateway, and lists ask all of them.
--json prints one line of JSON.

Exit codes:
  0  done, allowed, verified
  1  the answer is no: refused, not allowed, not proven, something is wrong; or an actor cannot be reached
  2  the command was wrong, or a file that it names cannot be read, used or written; nothing was done
  3  wusla itself failed; WUSLA_DEBUG=1 shows where`

/** Runs one command line with these commands and gives the exit code. Prints no stack for a mistake of its user. */
export async function runCommandLine(argv: readonly string[], commands: readonly Command[]): Promise<number> {
  const json = argv.includes('--json')
  const program = createProgram(commands)
  try {
    await program.parseAsync([...argv.slice(0, 2), ...behindHyphens(argv.slice(2), program)])
    return Number(process.exitCode ?? EXIT.done)
  } catch (error) {
    if (error instanceof CommanderError) return tellMisuse(error, json)
    return tellFailure(error, json)
  }
}

function createProgram(commands: readonly Command[]): Command {
  const program = new Command('wusla')
    .description('Government information network: signed, agreed and provable exchange between entities.')
    .version('0.1.0', '-V, --version')
    .addHelpText('after', FIRST_STEPS)
    .showHelpAfterError('hint: add --help to see what this command takes')
    .exitOverride()
  for (const command of commands) program.addCommand(command)
  inherit(program)
  return program
}

/** Commander does not hand these settings down to commands that were built elsewhere. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent)
    inherit(command)
  }
}
