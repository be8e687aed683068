import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { ApiRole } from '../../src/admin-api/api-tokens.ts'
import { API_TOKENS_FILE, type ShownToken, TokenStore } from '../../src/admin-api/token-store.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { callApi } from '../api-client.ts'
import { gatewayTarget, registryTarget, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface Options extends TargetOptions {
  readonly json?: boolean
  readonly dir?: string
}

/** `wusla token …`: who may use the admin API of an actor, by role. */
export function tokenCommands(): Command {
  const group = new Command('token').description('API tokens of an actor, by role: create, list, revoke')
  const roles = ['admin', 'operator', 'auditor']
  group.addCommand(
    tokenCommand('create', 'make a token; it is shown once, only its digest is kept')
      .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
      .option('--label <text>', 'what it is for')
      .action(create),
  )
  group.addCommand(tokenCommand('list', 'roles and labels, never the tokens').action(list))
  group.addCommand(
    tokenCommand('revoke', 'end a token at once').argument('<id>', 'from `wusla token list`').action(revoke),
  )
  return group
}

function tokenCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--dir <dir>', 'state folder of a registry, branch or gateway, running or not')
    .option('--registry <url>', 'instead: admin API of the registry (WUSLA_REGISTRY)')
    .option('--gateway <url>', 'instead: admin API of a gateway, or its identifier in a sandbox')
    .option('--token <token>', 'API token of the role admin (WUSLA_TOKEN)')
    .option('--state <dir>', 'state folder of a sandbox (WUSLA_STATE)')
    .option('--config <file>', 'configuration file of the command line (WUSLA_CONFIG)')
    .option('--json', 'print one line of JSON')
}

async function create(options: Options & { readonly role: ApiRole; readonly label?: string }): Promise<void> {
  const { role, label } = options
  const store = storeOf(options)
  const made = (
    store === undefined
      ? await call(options, 'POST', '', { role, ...(label === undefined ? {} : { label }) })
      : await store.create(role, label)
  ) as ShownToken & { readonly token: string }
  createVoice(options.json === true).result(made, [made.token])
}

async function list(options: Options): Promise<void> {
  const store = storeOf(options)
  const { tokens } = (store === undefined ? await call(options, 'GET', '') : { tokens: store.list() }) as {
    readonly tokens: readonly ShownToken[]
  }
  createVoice(options.json === true).result(
    { tokens },
    tokens.map(
      ({ id, role, label = '', createdAt = '' }) => `${id}  ${role.padEnd(8)}  ${createdAt}  ${label}`,
    ),
  )
}

async function revoke(id: string, options: Options): Promise<void> {
  const store = storeOf(options)
  if (store === undefined) await call(options, 'POST', '/revoke', { id })
  else await store.revoke(id)
  createVoice(options.json === true).result({ id }, [`revoked ${id}`])
}

/** The tokens of a state folder; a running actor obeys the file from its next request on. */
function storeOf({ dir }: Options): TokenStore | undefined {
  if (dir === undefined) return undefined
  if (!existsSync(join(dir, 'anchor.json')))
    throw new UsageError(`${dir} is no state folder of an actor`, 'name the folder given to create or join')
  return TokenStore.open(join(dir, API_TOKENS_FILE), systemClock)
}

async function call(
  options: Options,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const target = options.gateway === undefined ? registryTarget(options) : gatewayTarget(options)
  return await callApi(target, method, `/v1/api-tokens${path}`, body)
}
