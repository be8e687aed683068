import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { API_TOKENS_FILE } from '../../src/admin-api/token-store.ts'
import { type RegistryConfig, registryConfigProblems } from '../../src/registry/registry-config.ts'
import { loadRegistryKeys } from '../../src/registry/registry-files.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { readJson } from './read-json.ts'
import { checkApiTokens, StateProblems } from './state-problems.ts'

/**
 * Reads and checks the state folder of a registry, as its start does. The ledger itself is checked when it is opened.
 *
 * @throws WuslaError `config_invalid` with every problem of every file
 */
export async function checkRegistryState(directory: string): Promise<RegistryConfig> {
  const problems = new StateProblems(directory)
  const config = await problems.read(
    'registry.json',
    async () => (await readJson(join(directory, 'registry.json'))) as Partial<RegistryConfig>,
  )
  if (config !== undefined) problems.add('registry.json', registryConfigProblems(config))
  const anchor = await problems.read(
    'anchor.json',
    async () => await readAnchor(join(directory, 'anchor.json')),
  )
  if (anchor !== undefined && config?.network !== undefined && anchor.network !== config.network)
    problems.add('registry.json', ['/network: is not the network of the anchor'])
  const keys = await problems.read('keys/', async () => await loadRegistryKeys(directory))
  if (keys !== undefined && anchor !== undefined && keys.log.vkey !== anchor.logKey)
    problems.add('keys/log.key', ['/: is not the key that the anchor names'])
  await problems.read(API_TOKENS_FILE, async () => await checkApiTokens(directory))
  if (!existsSync(join(directory, 'ledger'))) problems.add('ledger', ['/: is missing'])
  problems.assertNone()
  return config as RegistryConfig
}
