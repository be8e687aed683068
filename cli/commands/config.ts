import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { decodeBranchConfig } from '../../src/branch/branch-config.ts'
import { GatewayConfigSchema } from '../../src/gateway/gateway-config.ts'
import { GatewaySettings } from '../../src/gateway/gateway-settings.ts'
import { loadNodeKeys } from '../../src/gateway/node-keys.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { RegistryConfigSchema } from '../../src/registry/registry-config.ts'
import { loadRegistryKeys } from '../../src/registry/registry-files.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { loadSealKey } from '../../src/trust/seal-key.ts'
import { readConfig, readJson } from '../run/read-json.ts'
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
  await readAnchor(join(directory, 'anchor.json'))
  if (existsSync(join(directory, 'gateway.json'))) {
    const config = await readConfig(join(directory, 'gateway.json'), GatewayConfigSchema)
    await loadNodeKeys(directory)
    await GatewaySettings.open(directory, memberOf(config.gateway))
    return config
  }
  if (existsSync(join(directory, 'branch.json'))) {
    const decoded = decodeBranchConfig(await readJson(join(directory, 'branch.json')))
    if (!decoded.ok)
      throw new WuslaError('config_invalid', { details: { file: 'branch.json', problems: decoded.problems } })
    await loadSealKey(join(directory, 'keys', 'tls.pem'))
    return decoded.config
  }
  if (existsSync(join(directory, 'registry.json'))) {
    const config = await readConfig(join(directory, 'registry.json'), RegistryConfigSchema)
    await loadRegistryKeys(directory)
    return config
  }
  throw new UsageError(
    `${directory} is not the state folder of an actor`,
    'it holds neither gateway.json, branch.json nor registry.json',
  )
}
