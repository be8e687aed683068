import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { memberOf, parseGateway } from '../../src/protocol/identifier.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { askAll, failed } from '../ask-gateways.ts'
import { collect, gatewayCommand, registryCommand } from '../command-options.ts'
import { checkedUrl } from '../join/create-network.ts'
import { type DirectOptions, withDirect, withDirectOptions } from '../join/direct-options.ts'
import {
  assertConfig,
  type FrontDoorOptions,
  frontDoorOf,
  withFrontDoorOptions,
} from '../join/front-door-options.ts'
import { joinGateway, type JoinedGateway } from '../join/join-gateway.ts'
import { startInSandbox } from '../join/sandbox-entry.ts'
import { readGatewayState } from '../run/gateway-state.ts'
import { listenAddress, MAX_TOKEN_HOURS, positiveNumber } from '../option-values.ts'
import { startDetached } from '../run/start-detached.ts'
import { gatewayTarget, gatewayTargets, registryTarget, stateOf, type TargetOptions } from '../target.ts'
import { type RunActor, runVerb } from '../run-verb.ts'
import { createVoice, UsageError } from '../voice.ts'

interface TokenOptions extends TargetOptions {
  readonly json?: boolean
  readonly gatewayId?: string
  readonly member?: string
  readonly branch?: string
  readonly homeBranch?: string[]
  readonly hours: number
}

interface JoinOptions extends FrontDoorOptions, DirectOptions {
  readonly json?: boolean
  readonly dir?: string
  readonly state?: string
  readonly admin: string
  readonly registryUrl?: string
  readonly like?: string
  readonly likeToken?: string
  readonly start: boolean
}

/** `wusla gateway …`: an entity's door to the network. */
export function gatewayCommands(run?: RunActor): Command {
  const group = new Command('gateway').description(
    "an entity's door to the network: token, join, run, status",
  )
  group.addCommand(
    registryCommand('token', 'make a one-time token with which a gateway joins')
      .option('--gateway-id <id>', 'identifier of the new gateway, e.g. AE-DU/GOV/DM/gw-1')
      .option('--member <id>', 'instead: the member; its gateway is called gw-1')
      .option('--gateway <url>', 'admin API of a gateway of the same member: needed for a second gateway')
      .option('--home-branch <id>', 'home branch; may be repeated (default: all branches)', collect)
      .option('--hours <number>', 'hours until it expires', positiveNumber(MAX_TOKEN_HOURS), 24)
      .action(token),
  )
  group.addCommand(
    withGatewayOptions(
      new Command('join')
        .description('join with a token: makes the keys here, enrols, and starts the gateway')
        .argument('<token>', 'the one-time token')
        .option(
          '--dir <dir>',
          "the gateway's state folder (default: var/<member>-<gateway>, or inside --state)",
        )
        .option('--state <dir>', 'sandbox to which the gateway is added (WUSLA_STATE)')
        .addOption(likeOption())
        .option('--like-token <token>', 'API token of that node, of any role'),
      '127.0.0.1:0',
    )
      .option('--admin <host:port>', 'where its admin API listens', listenAddress, '127.0.0.1:0')
      .option('--registry-url <url>', 'where to reach the registry, when it is not where the token says')
      .option('--no-start', 'enrol only')
      .option('--json', 'print one line of JSON')
      .action(join),
  )
  group.addCommand(
    withGatewayOptions(
      new Command('configure')
        .description(
          'change front door and direct sessions of a gateway that has joined; in force after a restart',
        )
        .requiredOption('--dir <dir>', "the gateway's state folder"),
    )
      .option('--no-direct', 'be reached through branches only')
      .option('--json', 'print one line of JSON')
      .action(configure),
  )
  group.addCommand(runVerb('gateway', 'has joined', run))
  group.addCommand(
    gatewayCommand('status', 'sessions, branches, directory and evidence of a gateway').action(status),
  )
  return group
}

function withGatewayOptions(command: Command, defaultListen?: string): Command {
  return withDirectOptions(withFrontDoorOptions(command, defaultListen))
}

async function token(options: TokenOptions): Promise<void> {
  const gateway = options.gatewayId ?? (options.member === undefined ? undefined : `${options.member}/gw-1`)
  if (gateway === undefined)
    throw new UsageError('say which gateway', '--gateway-id AE-DU/GOV/DM/gw-1 or --member AE-DU/GOV/DM')
  parseGateway(gateway)
  const body = { branches: options.homeBranch, hours: options.hours }
  const answer = (
    options.gateway === undefined
      ? await callApi(registryTarget(options), 'POST', '/v1/tokens', {
          kind: 'gateway',
          subject: gateway,
          ...body,
        })
      : await callApi(gatewayTarget(options, memberOf(gateway)), 'POST', '/v1/gateway-tokens', {
          gateway,
          ...body,
        })
  ) as { token: string }
  createVoice(options.json === true).result(answer, [answer.token])
}

async function join(tokenLine: string, options: JoinOptions): Promise<void> {
  const state = stateOf(options)
  const joined = await joinGateway({
    token: tokenLine,
    ...(options.dir === undefined ? {} : { directory: options.dir }),
    ...(state === undefined ? {} : { sandboxState: state }),
    frontDoor: options,
    direct: options,
    admin: options.admin,
    ...(options.like === undefined ? {} : { like: likeTarget(options, options.like) }),
    ...(options.registryUrl === undefined ? {} : { registryUrl: checkedUrl(options.registryUrl) }),
  })
  const voice = createVoice(options.json === true)
  for (const line of likeLines(joined)) voice.note(line)
  if (!options.start) {
    voice.result(joined, [
      `joined as ${joined.gateway}`,
      ...tokenLines(joined),
      `next: wusla gateway run --dir ${joined.directory}`,
    ])
    return
  }
  const { gateway: id, directory, adminToken } = joined
  const running =
    state === undefined
      ? await startDetached(['gateway', 'run', '--dir', directory], directory)
      : await startInSandbox(state, { kind: 'gateway', id, directory, adminToken })
  const result = { ...joined, ...running }
  voice.result(result, [
    `joined as ${joined.gateway}, running as process ${running.pid}`,
    `front door: ${running['frontDoor']}`,
    `admin API:  ${running['admin']}`,
    ...tokenLines(joined),
  ])
}

async function configure(
  options: FrontDoorOptions & DirectOptions & { dir: string; json?: boolean },
): Promise<void> {
  const { config: before } = await readGatewayState(options.dir)
  const config = withDirect({ ...before, frontDoor: frontDoorOf(options, before.frontDoor) }, options)
  await assertConfig(options.dir, config)
  await writePrivateFile(resolve(options.dir, 'gateway.json'), `${JSON.stringify(config, null, 2)}\n`)
  createVoice(options.json === true).result({ config }, [
    JSON.stringify(config, null, 2),
    'in force after a restart of the gateway',
  ])
}

function likeOption(): Option {
  const what = 'take over its services, clients and mapped ports'
  return new Option(
    '--like <url>',
    `admin API of another node of the member, or its identifier in a sandbox: ${what}`,
  )
}

function likeTarget({ state, likeToken }: JoinOptions, like: string): ApiTarget {
  return gatewayTarget({
    gateway: like,
    ...(state === undefined ? {} : { state }),
    ...(likeToken === undefined ? {} : { token: likeToken }),
  })
}

function likeLines({ like, directory }: JoinedGateway): string[] {
  if (like === undefined) return []
  return [
    ...like.files.map((file) => `copy ${file} of the other node to ${directory}`),
    ...like.portsLeftOut.map(
      (port) => `port ${port} is taken here: \`wusla client map-port\` with another one`,
    ),
  ]
}

function tokenLines({ tokens }: JoinedGateway): string[] {
  const lines = Object.entries(tokens).map(([role, text]) => `  ${role.padEnd(8)}  ${text}`)
  return ['API tokens, shown once (`wusla token create` makes further ones):', ...lines]
}

async function status(options: TargetOptions & { json?: boolean }): Promise<void> {
  const targets = gatewayTargets(options)
  const { answers, failures } = await askAll(
    targets,
    async (target) => await callApi(target, 'GET', '/v1/status'),
  )
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const gateways = answers.map(({ answer }) => answer)
  voice.result(
    targets.length === 1 ? gateways[0] : { gateways, ...failed(failures) },
    gateways.map((answer) => JSON.stringify(answer, null, 2)),
  )
}
