import { join } from 'node:path'
import { API_TOKENS_FILE } from '../../src/admin-api/token-store.ts'
import { authorityProblems } from '../../src/gateway/check-settings.ts'
import { readServerCredentials } from '../../src/gateway/front-door-credentials.ts'
import { type GatewayConfig, gatewayConfigProblems } from '../../src/gateway/gateway-config.ts'
import { GatewaySettings } from '../../src/gateway/gateway-settings.ts'
import { evidenceOrigin, loadNodeKeys, type NodeKeys, tlsFilesOf } from '../../src/gateway/node-keys.ts'
import { isIdentifier, memberOf, networkOf } from '../../src/protocol/identifier.ts'
import { PAPERLESS_FILE, readCoefficients } from '../../src/gateway/paperless-coefficients.ts'
import { type Anchor, readAnchor } from '../../src/trust/anchor.ts'
import { readJson } from './read-json.ts'
import { checkApiTokens, readCertificateChain, StateProblems } from './state-problems.ts'

/**
 * What a gateway reads from its state folder before it starts. Keys and API tokens are checked as well and not given: they
 * change while the gateway runs.
 */
export interface GatewayState {
  readonly config: GatewayConfig
  readonly anchor: Anchor
}

/**
 * Reads and checks the whole state folder of a gateway.
 *
 * @throws WuslaError `config_invalid` with every problem of every file
 */
export async function readGatewayState(directory: string): Promise<GatewayState> {
  const problems = new StateProblems(directory)
  const state = await readParts(directory, problems)
  problems.assertNone()
  return state as GatewayState
}

/**
 * As {@link readGatewayState}, and the files of the backends' authorities and the coefficients of paperless figures as
 * well: a gateway starts without them, since only the calls of that service, or the figures, need them.
 */
export async function checkGatewayState(directory: string): Promise<GatewayConfig> {
  const problems = new StateProblems(directory)
  const { config, settings } = await readParts(directory, problems)
  if (settings !== undefined) problems.add('settings.json', authorityProblems(settings.current, directory))
  await problems.read(PAPERLESS_FILE, async () => await readCoefficients(directory))
  problems.assertNone()
  return config as GatewayConfig
}

/** Parts that cannot be read are missing; the problems say why. */
async function readParts(
  directory: string,
  problems: StateProblems,
): Promise<Partial<GatewayState> & { readonly settings?: GatewaySettings }> {
  const value = await problems.read(
    'gateway.json',
    async () => await readJson(join(directory, 'gateway.json')),
  )
  if (value !== undefined) problems.add('gateway.json', gatewayConfigProblems(value))
  const config = (value ?? {}) as Partial<GatewayConfig>
  const anchorFile = typeof config.anchor === 'string' ? config.anchor : 'anchor.json'
  const anchor = await problems.read(anchorFile, async () => await readAnchor(join(directory, anchorFile)))
  const keys = await problems.read('keys/', async () => await loadNodeKeys(directory))
  await problems.read(API_TOKENS_FILE, async () => await checkApiTokens(directory))
  const https = gatewayConfigProblems(value).length === 0 ? config.frontDoor?.https : undefined
  if (https !== undefined) {
    await problems.read('gateway.json', async () => await readServerCredentials(directory, https))
  }
  const id = config.gateway
  const settings = isGateway(id) ? await readOwn(directory, id, { anchor, keys }, problems) : undefined
  return {
    ...(value === undefined ? {} : { config: value as GatewayConfig }),
    ...(anchor === undefined ? {} : { anchor }),
    ...(settings === undefined ? {} : { settings }),
  }
}

function isGateway(id: unknown): id is string {
  return typeof id === 'string' && isIdentifier('gateway', id)
}

/** What has to fit the name of the gateway. */
async function readOwn(
  directory: string,
  id: string,
  { anchor, keys }: { readonly anchor: Anchor | undefined; readonly keys: NodeKeys | undefined },
  problems: StateProblems,
): Promise<GatewaySettings | undefined> {
  const network = networkOf(id)
  if (anchor !== undefined && anchor.network !== network)
    problems.add('gateway.json', ['/gateway: is not of the network of the anchor'])
  if (keys !== undefined) {
    if (keys.ledger.name !== evidenceOrigin(id))
      problems.add('keys/ledger.key', ['/: is the key of another gateway'])
    const owner = { network, id, tlsKey: keys.tls }
    const { chain } = tlsFilesOf(directory)
    await problems.read(chain, async () => await readCertificateChain(directory, owner, chain))
  }
  return await problems.read('settings.json', async () => await GatewaySettings.open(directory, memberOf(id)))
}
