import { runCommandLine } from './command-line.ts'
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
import { paperlessCommand } from './commands/paperless.ts'
import { pathCommand } from './commands/path.ts'
import { planCommands } from './commands/plan.ts'
import { policyCommands } from './commands/policy.ts'
import { registryCommands } from './commands/registry.ts'
import { sandboxCommands } from './commands/sandbox.ts'
import { serviceCommands } from './commands/service.ts'
import { statusCommand } from './commands/status.ts'
import { tokenCommands } from './commands/token.ts'
import { main as runBranch } from './run/branch-process.ts'
import { main as runGateway } from './run/gateway-process.ts'
import { main as runRegistry } from './run/registry-process.ts'

/** Runs one command line, whatever it is, and gives the exit code. The launcher takes a smaller program where it can. */
export async function main(argv: readonly string[]): Promise<number> {
  return await runCommandLine(argv, [
    sandboxCommands(),
    registryCommands(runRegistry),
    memberCommands(),
    gatewayCommands(runGateway),
    keyCommands(),
    branchCommands(runBranch),
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
    paperlessCommand(),
    tokenCommands(),
    planCommands(),
    configCommands(),
  ])
}
