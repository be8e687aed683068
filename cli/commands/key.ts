import { Command, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { gatewayTarget, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface RevokeOptions extends TargetOptions {
  readonly json?: boolean
  readonly reason: string
  readonly at?: string
  readonly evenInUse?: boolean
}

interface RotateOptions extends TargetOptions {
  readonly json?: boolean
  readonly use: string
  readonly reason?: string
}

interface OwnKey {
  readonly gateway: string
  readonly use: string
  readonly key: string
  readonly boundAt: string
  readonly inUse: boolean
}

/** `wusla key …`: a member's keys, changed by its own seal. */
export function keyCommands(): Command {
  const group = new Command('key').description(
    "a member's keys, changed by its own seal: list, revoke, rotate",
  )
  group.addCommand(gatewayCommand('list', 'active keys of all gateways of the member').action(list))
  group.addCommand(
    gatewayCommand('revoke', 'end a key for good; sessions over it are cut within 2 s')
      .argument('<key>', 'key id, from `wusla key list`')
      .requiredOption('--reason <text>', 'why; public, it stands in the directory')
      .option('--at <time>', 'since when it is believed unsafe (default: now)')
      .option('--even-in-use', 'also a key the asked gateway works with: that gateway stops exchanging')
      .action(revoke),
  )
  group.addCommand(
    gatewayCommand('rotate', "replace the gateway's key; exchanges go on (takes about 5 s)")
      .addOption(new Option('--use <use>', 'which key').choices(['seal', 'tls']).default('seal'))
      .option('--reason <text>', 'why; public, it stands in the directory')
      .action(rotate),
  )
  return group
}

async function list(options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  const answer = (await callApi(gatewayTarget(options), 'GET', '/v1/keys')) as { keys: readonly OwnKey[] }
  createVoice(options.json === true).result(
    answer,
    answer.keys.map(
      ({ gateway, use, key, boundAt, inUse }) =>
        `${key}  ${use.padEnd(4)}  ${gateway}  since ${boundAt}${inUse ? '  in use here' : ''}`,
    ),
  )
}

async function revoke(key: string, options: RevokeOptions): Promise<void> {
  const { reason, at, evenInUse } = options
  const answer = await callApi(gatewayTarget(options), 'POST', '/v1/keys/revoke', {
    key,
    reason,
    ...(at === undefined ? {} : { at }),
    ...(evenInUse === undefined ? {} : { evenInUse }),
  })
  createVoice(options.json === true).result(answer, [`revoked ${key}; nothing brings it back`])
}

async function rotate(options: RotateOptions): Promise<void> {
  const { use, reason } = options
  const body = { use, ...(reason === undefined ? {} : { reason }) }
  const answer = (await callApi(gatewayTarget(options), 'POST', '/v1/keys/rotate', body)) as {
    key: string
    revoked: readonly string[]
  }
  createVoice(options.json === true).result(answer, [
    `new ${use} key: ${answer.key}`,
    ...answer.revoked.map((old) => `revoked: ${old}`),
  ])
}
