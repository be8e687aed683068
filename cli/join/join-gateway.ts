import { join, resolve } from 'node:path'
import { type ApiRole, createApiTokens } from '../../src/admin-api/api-tokens.ts'
import { API_TOKENS_FILE } from '../../src/admin-api/token-store.ts'
import { enrolmentKey } from '../../src/directory/enrolment-key.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { Settings } from '../../src/gateway/gateway-settings.ts'
import { createNodeKeys, type NodeKeys } from '../../src/gateway/node-keys.ts'
import { formatTime } from '../../src/protocol/clock.ts'
import { formatAnchor } from '../../src/trust/anchor.ts'
import { decodeEnrolmentToken, type EnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { signChange, type SignedChange } from '../../src/trust/signed-change.ts'
import type { ApiTarget } from '../api-client.ts'
import { type DirectOptions, withDirect } from './direct-options.ts'
import { assertConfig, type FrontDoorOptions, frontDoorOf } from './front-door-options.ts'
import { type NodeSettings, settingsLike } from './like-node.ts'
import { beginJoin, enrolRepeatably, finishJoin, unfinishedChange } from './unfinished-join.ts'

export interface JoinGatewayOptions {
  readonly token: string
  readonly directory?: string
  readonly sandboxState?: string
  readonly frontDoor: FrontDoorOptions
  readonly direct?: DirectOptions
  readonly admin: string
  /** Where to reach the registry, when it is not where the token says. */
  readonly registryUrl?: string
  /** Another node of the same member, whose services, clients and mapped ports this one takes over. */
  readonly like?: ApiTarget
}

export interface JoinedGateway {
  readonly gateway: string
  readonly member: string
  readonly directory: string
  /** Shown once; only its digest is stored. */
  readonly adminToken: string
  /** One for each role, shown once. */
  readonly tokens: Readonly<Record<ApiRole, string>>
  /** With another node to be like: what has still to be done by hand. */
  readonly like?: Pick<NodeSettings, 'files' | 'portsLeftOut'>
}

/**
 * Turns a one-time token into a gateway that can run: keys are born here and never leave, the registry learns their
 * public halves, and the state folder holds everything else. Its systems may call from this machine until the
 * operator says otherwise. A join that was interrupted may be repeated with the same token and folder.
 *
 * @throws WuslaError `config_invalid` before the token is used; `token_invalid`, `file_exists`, `registry_unreachable`, the
 * registry's refusal
 */
export async function joinGateway(options: JoinGatewayOptions): Promise<JoinedGateway> {
  const token = decodeEnrolmentToken(options.token)
  const directory = resolve(options.directory ?? defaultDirectory(token.subject, options.sandboxState))
  const registry = options.registryUrl ?? token.registryUrl
  const config = withDirect(
    {
      gateway: token.subject,
      anchor: 'anchor.json',
      registry,
      frontDoor: frontDoorOf(options.frontDoor),
      admin: { listen: options.admin },
    },
    options.direct ?? {},
  )
  // Before the token is used and keys are made: a mistake here costs neither.
  await assertConfig(directory, config)
  const like = options.like === undefined ? undefined : await settingsLike(options.like, token.member)
  await beginJoin(directory, 'gateway.json')
  const keys = await createNodeKeys(directory, token.subject)
  const signed = (await unfinishedChange(directory, token)) ?? (await signedEnrolment(token, keys))
  const chain = await enrolRepeatably(directory, registry, signed, keys.tls)
  await writePrivateFile(join(directory, 'keys', 'chain.pem'), chain)
  await writePrivateFile(join(directory, 'anchor.json'), formatAnchor(token.anchor))
  const { tokens, stored } = createApiTokens()
  await writePrivateFile(join(directory, API_TOKENS_FILE), `${JSON.stringify(stored)}\n`)
  await writeSettings(directory, token, config, like?.settings)
  await finishJoin(directory)
  const joined = { gateway: token.subject, member: token.member, directory, adminToken: tokens.admin, tokens }
  if (like === undefined) return joined
  return { ...joined, like: { files: like.files, portsLeftOut: like.portsLeftOut } }
}

function defaultDirectory(gateway: string, sandboxState: string | undefined): string {
  const name = gateway.replaceAll('/', '-')
  return sandboxState === undefined ? join('var', name) : join(sandboxState, 'gateways', name)
}

async function signedEnrolment(token: EnrolmentToken, keys: NodeKeys): Promise<SignedChange> {
  const change: SignedChange['change'] = {
    type: 'wusla/change/v1',
    kind: 'gateway_enrolled',
    network: token.anchor.network,
    time: formatTime(Date.now()),
    gateway: token.subject,
    member: token.member,
    sealKey: Buffer.from(keys.seal.publicKeyDer).toString('base64url'),
    tlsKey: Buffer.from(keys.tls.publicKeyDer).toString('base64url'),
    ledgerKey: keys.ledger.vkey,
    branches: token.branches,
    ...(token.voucher === undefined ? {} : { voucher: token.voucher }),
  }
  const signatures = [
    await signChange(change, token.subject, keys.seal),
    enrolmentKey(token.secret).sign(change),
  ]
  return { change, signatures }
}

async function writeSettings(
  directory: string,
  token: EnrolmentToken,
  config: GatewayConfig,
  like: Settings | undefined,
): Promise<void> {
  const clients = [{ client: token.member, rules: [{ kind: 'address', allow: ['127.0.0.1', '::1'] }] }]
  const settings = like ?? { services: [], clients, mappedPorts: [] }
  await writePrivateFile(join(directory, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`)
  // Last: with it the join is finished.
  await writePrivateFile(join(directory, 'gateway.json'), `${JSON.stringify(config, null, 2)}\n`)
}
