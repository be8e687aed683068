import { Command, CommanderError } from 'commander'
import { agreementCommands } from './commands/agreement.ts'
import { branchCommands } from './commands/branch.ts'
import { clientCommands } from './commands/client.ts'
import { configCommands } from './commands/config.ts'
import { evidenceCommands } from './commands/evidence.ts'
import { explainCommand } from './commands/explain.ts'
import { gatewayCommands } from './commands/gateway.ts'
import { keyCommands } from './commands/key.ts'
import { lineCommands } from './commands/line.ts'
import { mandateCommands } from './commands/mandate.ts'
import { memberCommands } from './commands/member.ts'
import { pathCommand } from './commands/path.ts'
import { planCommands } from './commands/plan.ts'
import { policyCommands } from './commands/policy.ts'
import { registryCommands } from './commands/registry.ts'
import { sandboxCommands } from './commands/sandbox.ts'
import { serviceCommands } from './commands/service.ts'
import { statusCommand } from './commands/status.ts'
import { tokenCommands } from './commands/token.ts'
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

/** Runs one command line and gives the exit code. Prints no stack for a mistake of its user. */
export async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
  const program = createProgram()
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? EXIT.done)
  } catch (error) {
    if (error instanceof CommanderError) return tellMisuse(error, json)
    return tellFailure(error, json)
  }
}

function createProgram(): Command {
  const program = new Command('wusla')
    .description('Government information network: signed, agreed and provable exchange between entities.')
    .version('0.1.0', '-V, --version')
    .addHelpText('after', FIRST_STEPS)
    .showHelpAfterError('hint: add --help to see what this command takes')
    .exitOverride()
  const groups = [
    sandboxCommands(),
    registryCommands(),
    memberCommands(),
    gatewayCommands(),
    keyCommands(),
    branchCommands(),
    lineCommands(),
    clientCommands(),
    serviceCommands(),
    policyCommands(),
    mandateCommands(),
    agreementCommands(),
    explainCommand(),
    statusCommand(),
    pathCommand(),
    evidenceCommands(),
    tokenCommands(),
    planCommands(),
    configCommands(),
  ]
  for (const group of groups) program.addCommand(group)
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
