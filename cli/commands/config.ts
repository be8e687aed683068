import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { readBranchState } from '../run/branch-state.ts'
import { checkGatewayState } from '../run/gateway-state.ts'
import { checkRegistryState } from '../run/registry-state.ts'
import { createVoice, UsageError } from '../voice.ts'

/** `wusla config check`: everything an actor reads at its start, checked without starting it. */
export function configCommands(): Command {
  const group = new Command('config').description('check the configuration of an actor before it starts')
  group.addCommand(
    new Command('check')
      .description(
        'check the state folder of a registry, branch or gateway and print the effective configuration',
      )
      .requiredOption('--dir <dir>', 'state folder')
      .option('--json', 'print one line of JSON')
      .action(check),
  )
  return group
}

async function check(options: { dir: string; json?: boolean }): Promise<void> {
  const config = await checkFolder(options.dir)
  createVoice(options.json === true).result({ ok: true, config }, [
    JSON.stringify(config, null, 2),
    'no problems found',
  ])
}

async function checkFolder(directory: string): Promise<unknown> {
  const holds = (file: string): boolean => existsSync(join(directory, file))
  if (holds('gateway.json')) return await checkGatewayState(directory)
  if (holds('branch.json')) return (await readBranchState(directory)).config
  if (holds('registry.json')) return await checkRegistryState(directory)
  throw new UsageError(
    `${directory} is not the state folder of an actor`,
    'it holds neither gateway.json, branch.json nor registry.json',
  )
}
