import { Command } from 'commander'
import { memberOf, parseGateway } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand, registryCommand } from '../command-options.ts'
import { joinGateway } from '../join/join-gateway.ts'
import { startInSandbox } from '../join/sandbox-entry.ts'
import { startDetached } from '../run/start-detached.ts'
import { main as runGateway } from '../run/gateway-process.ts'
import { gatewayTarget, registryTarget, stateOf, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface TokenOptions extends TargetOptions {
  readonly json?: boolean
  readonly gatewayId?: string
  readonly member?: string
  readonly branch?: string
  readonly homeBranch?: string[]
  readonly hours: string
}

interface JoinOptions {
  readonly json?: boolean
  readonly dir?: string
  readonly state?: string
  readonly frontDoor: string
  readonly admin: string
  readonly start: boolean
}

/** `wusla gateway …`: an entity's door to the network. */
export function gatewayCommands(): Command {
  const group = new Command('gateway').description(
    "an entity's door to the network: token, join, run, status",
  )
  group.addCommand(
    registryCommand('token', 'make a one-time token with which a gateway joins')
      .option('--gateway-id <id>', 'identifier of the new gateway, e.g. AE-DU/GOV/DM/gw-1')
      .option('--member <id>', 'instead: the member; its gateway is called gw-1')
      .option('--gateway <url>', 'admin API of a gateway of the same member: needed for a second gateway')
      .option('--home-branch <id>', 'home branch; may be repeated (default: all branches)', collect)
      .option('--hours <number>', 'hours until it expires', '24')
      .action(token),
  )
  group.addCommand(
    new Command('join')
      .description('join with a token: makes the keys here, enrols, and starts the gateway')
      .argument('<token>', 'the one-time token')
      .option(
        '--dir <dir>',
        "the gateway's state folder (default: var/<member>-<gateway>, or inside --state)",
      )
      .option('--state <dir>', 'sandbox to which the gateway is added (WUSLA_STATE)')
      .option('--front-door <host:port>', 'where its information systems call', '127.0.0.1:0')
      .option('--admin <host:port>', 'where its admin API listens', '127.0.0.1:0')
      .option('--no-start', 'enrol only')
      .option('--json', 'print one line of JSON')
      .action(join),
  )
  group.addCommand(
    new Command('run')
      .description('run a gateway that has joined, in the foreground')
      .requiredOption('--dir <dir>', "the gateway's state folder")
      .action(async ({ dir }: { dir: string }) => {
        process.exitCode = await runGateway(dir)
      }),
  )
  group.addCommand(
    gatewayCommand('status', 'sessions, branches, directory and evidence of a gateway').action(status),
  )
  return group
}

async function token(options: TokenOptions): Promise<void> {
  const gateway = options.gatewayId ?? (options.member === undefined ? undefined : `${options.member}/gw-1`)
  if (gateway === undefined)
    throw new UsageError('say which gateway', '--gateway-id AE-DU/GOV/DM/gw-1 or --member AE-DU/GOV/DM')
  parseGateway(gateway)
  const body = { branches: options.homeBranch, hours: Number(options.hours) }
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
    frontDoor: options.frontDoor,
    admin: options.admin,
  })
  const voice = createVoice(options.json === true)
  if (!options.start) {
    voice.result(joined, [`joined as ${joined.gateway}`, `next: wusla gateway run --dir ${joined.directory}`])
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
    `admin API:  ${running['admin']}  token: ${joined.adminToken}`,
  ])
}

async function status(options: TargetOptions & { json?: boolean }): Promise<void> {
  const answer = await callApi(gatewayTarget(options), 'GET', '/v1/status')
  createVoice(options.json === true).result(answer, [JSON.stringify(answer, null, 2)])
}
