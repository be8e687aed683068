import { Command } from 'commander'
import { actCommands } from './agreement-act.ts'
import { exportCommand } from './agreement-export.ts'
import { listCommand } from './agreement-list.ts'
import { counterCommand, proposeCommand } from './agreement-propose.ts'
import { requestCommand } from './agreement-request.ts'
import { signCommand } from './agreement-sign.ts'
import { statusCommand } from './agreement-status.ts'
import { usageCommand } from './agreement-usage.ts'
import { verifyCommand } from './agreement-verify.ts'

const LIFE = `
From the wish to the first call:
  wusla agreement request --service …     the consumer asks, with purpose and legal basis
  wusla agreement propose --request ID    the provider answers with terms (or: propose --service …)
  wusla agreement counter ID …            other terms instead; the other proposal is closed
  wusla agreement freeze ID               the terms stand; signing freezes them too
  wusla agreement sign ID                 an official of each side signs with the national identity
  wusla agreement status ID               what is signed, by which office, and what is missing
From the last signature on the agreement is the access rule; suspend and terminate cut what runs under it.
A network without a signing policy knows no officials: there "accept" takes the place of "sign".`

/** `wusla agreement …`: the terms that are the access rules. */
export function agreementCommands(): Command {
  const group = new Command('agreement')
    .description('request, propose, sign, end, list, print and verify agreements')
    .addHelpText('after', LIFE)
  const commands = [
    requestCommand(),
    proposeCommand(),
    counterCommand(),
    ...actCommands(),
    signCommand(),
    statusCommand(),
    listCommand(),
    usageCommand(),
    exportCommand(),
    verifyCommand(),
  ]
  for (const command of commands) group.addCommand(command)
  return group
}
