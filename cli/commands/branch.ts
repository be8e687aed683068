import { Command } from 'commander'
import { parseBranch } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import { registryCommand } from '../command-options.ts'
import { checkedUrl } from '../join/create-network.ts'
import { joinBranch } from '../join/join-branch.ts'
import { startInSandbox } from '../join/sandbox-entry.ts'
import { startDetached } from '../run/start-detached.ts'
import { branchClass, listenAddress, MAX_TOKEN_HOURS, positiveNumber } from '../option-values.ts'
import { branchTarget, registryTarget, stateOf, type TargetOptions } from '../target.ts'
import { type RunActor, runVerb } from '../run-verb.ts'
import { createVoice } from '../voice.ts'
import { retireCommand } from './branch-retire.ts'

interface TokenOptions extends TargetOptions {
  readonly json?: boolean
  readonly host: string
  readonly hours: number
  readonly class?: string
}

interface JoinOptions {
  readonly json?: boolean
  readonly dir?: string
  readonly state?: string
  readonly control: string
  readonly tunnel: string
  readonly http: string
  readonly registryUrl?: string
  readonly start: boolean
}

/** `wusla branch …`: points of presence that relay between gateways. */
export function branchCommands(run?: RunActor): Command {
  const group = new Command('branch').description('a point of presence: token, join, run, status, retire')
  group.addCommand(
    registryCommand('token', 'make a one-time token with which a branch joins')
      .argument('<branch>', 'identifier, e.g. AE-DU/branch/MORO')
      .requiredOption('--host <member>', 'the member in whose data centre it stands')
      .option(
        '--class <class>',
        'what transit constraints of agreements may ask for, e.g. sovereign',
        branchClass,
      )
      .option('--hours <number>', 'hours until it expires', positiveNumber(MAX_TOKEN_HOURS), 24)
      .action(token),
  )
  group.addCommand(setClassCommand())
  group.addCommand(
    new Command('join')
      .description('join with a token: makes the keys here, is commissioned, and starts the branch')
      .argument('<token>', 'the one-time token')
      .option('--dir <dir>', "the branch's state folder (default: var/<branch>, or inside --state)")
      .option('--state <dir>', 'sandbox to which the branch is added (WUSLA_STATE)')
      .option(
        '--control <host:port>',
        'where gateways keep their connection',
        listenAddress,
        '127.0.0.1:7601',
      )
      .option('--tunnel <host:port>', 'where tunnels are spliced', listenAddress, '127.0.0.1:7602')
      .option(
        '--http <host:port>',
        'mirror of the directory, witness and status',
        listenAddress,
        '127.0.0.1:7603',
      )
      .option('--registry-url <url>', 'where to reach the registry, when it is not where the token says')
      .option('--no-start', 'join only')
      .option('--json', 'print one line of JSON')
      .action(join),
  )
  group.addCommand(runVerb('branch', 'has joined', run))
  group.addCommand(
    new Command('status')
      .description('gateways, links, tunnels and bytes of a branch')
      .option('--branch <url>', 'HTTP address of the branch, or its identifier in a sandbox (WUSLA_BRANCH)')
      .option('--state <dir>', 'state folder of a sandbox (WUSLA_STATE)')
      .option('--config <file>', 'configuration file of the command line (WUSLA_CONFIG)')
      .option('--json', 'print one line of JSON')
      .action(status),
  )
  group.addCommand(retireCommand())
  return group
}

function setClassCommand(): Command {
  return registryCommand('set-class', 'put a branch into a class, or without one out of every class')
    .argument('<branch>', 'identifier, e.g. AE-DU/branch/MORO')
    .argument('[class]', 'what transit constraints of agreements may ask for, e.g. sovereign', branchClass)
    .action(setClass)
}

async function token(branch: string, options: TokenOptions): Promise<void> {
  parseBranch(branch)
  const answer = (await callApi(registryTarget(options), 'POST', '/v1/tokens', {
    kind: 'branch',
    subject: branch,
    member: options.host,
    hours: options.hours,
    ...(options.class === undefined ? {} : { class: options.class }),
  })) as { token: string }
  createVoice(options.json === true).result(answer, [answer.token])
}

async function setClass(
  branch: string,
  name: string | undefined,
  options: TargetOptions & { json?: boolean },
): Promise<void> {
  parseBranch(branch)
  const body = { branch, ...(name === undefined ? {} : { class: name }) }
  const answer = await callApi(registryTarget(options), 'POST', '/v1/branches/class', body)
  const said = name === undefined ? `${branch} is in no class` : `${branch} is in class ${name}`
  createVoice(options.json === true).result(answer, [said])
}

async function join(tokenLine: string, options: JoinOptions): Promise<void> {
  const state = stateOf(options)
  const joined = await joinBranch({
    token: tokenLine,
    ...(options.dir === undefined ? {} : { directory: options.dir }),
    ...(state === undefined ? {} : { sandboxState: state }),
    control: options.control,
    tunnel: options.tunnel,
    http: options.http,
    ...(options.registryUrl === undefined ? {} : { registryUrl: checkedUrl(options.registryUrl) }),
  })
  const voice = createVoice(options.json === true)
  if (!options.start) {
    voice.result(joined, [
      `commissioned ${joined.branch}`,
      `next: wusla branch run --dir ${joined.directory}`,
    ])
    return
  }
  const { branch: id, directory } = joined
  const running =
    state === undefined
      ? await startDetached(['branch', 'run', '--dir', directory], directory)
      : await startInSandbox(state, { kind: 'branch', id, directory })
  voice.result({ ...joined, ...running }, [
    `commissioned ${joined.branch}, running as process ${running.pid}`,
  ])
}

async function status(options: TargetOptions & { json?: boolean }): Promise<void> {
  const answer = await callApi(branchTarget(options), 'GET', '/status')
  createVoice(options.json === true).result(answer, [JSON.stringify(answer, null, 2)])
}
