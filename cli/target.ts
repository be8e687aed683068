import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { schemaProblems } from '../src/admin-api/check-schema.ts'
import { memberOf } from '../src/protocol/identifier.ts'
import { Type, type Static } from '../src/protocol/schema.ts'
import type { ApiTarget } from './api-client.ts'
import { readSandbox, type SandboxFile, type SandboxGateway } from './sandbox-file.ts'
import { UsageError } from './voice.ts'

/** `~/.config/wusla/cli.json`, or the file of `--config`: where the actors are. Readable by its owner alone, for its tokens. */
const ConfigSchema = Type.Object(
  {
    registry: Type.Optional(Type.String({ description: 'Admin API of the registry.' })),
    registryToken: Type.Optional(Type.String()),
    gateway: Type.Optional(Type.String({ description: 'Admin API of the gateway.' })),
    gatewayToken: Type.Optional(Type.String()),
    branch: Type.Optional(Type.String({ description: 'HTTP address of the branch.' })),
    gateways: Type.Optional(
      Type.Array(Type.Object({ url: Type.String(), token: Type.String() }, { additionalProperties: false }), {
        maxItems: 1_000,
        description: 'Further gateways that `wusla status` looks at.',
      }),
    ),
    branches: Type.Optional(
      Type.Array(
        Type.Object(
          { url: Type.String(), token: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
        { maxItems: 1_000, description: 'Further branches that `wusla status` looks at.' },
      ),
    ),
  },
  { additionalProperties: false },
)
/** What the configuration file of the command line says. */
export type ConfigFile = Static<typeof ConfigSchema>

/** How a command may say whom it talks to: flags, then environment, then the configuration file, or a sandbox. */
export interface TargetOptions {
  readonly state?: string
  readonly registry?: string
  readonly gateway?: string
  /** In a sandbox: whose gateway. */
  readonly member?: string
  readonly branch?: string
  readonly token?: string
  readonly config?: string
}

/** The sandbox state folder that the options or the environment name, if any. */
export function stateOf(options: TargetOptions): string | undefined {
  return options.state ?? process.env['WUSLA_STATE']
}

/** The registry's admin API. @throws UsageError when nothing says where it is. */
export function registryTarget(options: TargetOptions): ApiTarget {
  const file = readConfigFile(options.config)
  const url = options.registry ?? process.env['WUSLA_REGISTRY'] ?? file.registry
  const token = options.token ?? process.env['WUSLA_TOKEN'] ?? file.registryToken
  if (url !== undefined && token !== undefined) return { url, token }
  const state = stateOf(options)
  if (state === undefined) throw missing('the registry', '--registry URL --token T')
  const { registry } = readSandbox(state)
  return { url: url ?? registry.url, token: token ?? registry.adminToken }
}

/** A gateway that a command talks to; in a sandbox with its identifier. */
export interface GatewayTarget extends ApiTarget {
  readonly id?: string
}

/**
 * The admin API of one gateway. In a sandbox `--gateway` or `--member` may be an identifier, and without them `subject`
 * (an identifier of a member, system or service) says whose gateway is meant.
 *
 * @throws UsageError when nothing says which gateway, or where it is
 */
export function gatewayTarget(options: TargetOptions, subject?: string): GatewayTarget {
  const file = readConfigFile(options.config)
  const named = namedGateway(options, file)
  const token = options.token ?? process.env['WUSLA_TOKEN'] ?? file.gatewayToken
  const state = stateOf(options)
  if (named !== undefined && /^https?:/.test(named)) {
    const known =
      state === undefined ? undefined : readSandbox(state).gateways.find(({ admin }) => admin.url === named)
    const bearer = token ?? known?.admin.token
    if (bearer === undefined) throw missing('the token of the gateway', '--token T')
    return { url: named, token: bearer }
  }
  if (state === undefined) throw missing('the gateway', '--gateway ADMIN_URL --token T')
  const { id, admin } = findGateway(readSandbox(state), named, subject)
  return { id, url: admin.url, token: options.token ?? admin.token }
}

/**
 * All gateways that a question may go to: the one that is named or that `subject` belongs to, or every one of the
 * sandbox.
 *
 * @throws UsageError as {@link gatewayTarget}
 */
export function gatewayTargets(options: TargetOptions, subject?: string): GatewayTarget[] {
  const named = namedGateway(options, readConfigFile(options.config))
  const state = stateOf(options)
  if (named !== undefined || state === undefined) return [gatewayTarget(options, subject)]
  const all = readSandbox(state).gateways
  const its = subject === undefined ? [] : all.filter(({ member }) => member === memberOf(subject))
  return (its.length > 0 ? its : all).map(({ id, admin }) => ({ id, url: admin.url, token: admin.token }))
}

/** The status address of a branch, in a sandbox the first one when none is named. @throws UsageError */
export function branchTarget(options: TargetOptions): ApiTarget {
  const named = options.branch ?? process.env['WUSLA_BRANCH'] ?? readConfigFile(options.config).branch
  if (named !== undefined && /^https?:/.test(named)) return { url: named, token: '' }
  const state = stateOf(options)
  if (state === undefined) throw missing('the branch', '--branch URL')
  const { branches } = readSandbox(state)
  const found = branches.find(({ id }) => named === undefined || id === named)
  if (found !== undefined) return { url: found.url, token: '' }
  throw new UsageError(
    `the sandbox has no branch ${named ?? ''}`,
    `say --branch with one of: ${branches.map(({ id }) => id).join(', ')}`,
  )
}

function namedGateway(options: TargetOptions, file: ConfigFile): string | undefined {
  return options.gateway ?? options.member ?? process.env['WUSLA_GATEWAY'] ?? file.gateway
}

function findGateway(
  sandbox: SandboxFile,
  named: string | undefined,
  subject: string | undefined,
): SandboxGateway {
  const { gateways } = sandbox
  const wanted = named ?? (subject === undefined ? undefined : memberOf(subject))
  const found = gateways.filter(
    ({ id, member }) => wanted === undefined || id === wanted || member === wanted,
  )
  const [first] = found
  // Without a name only a sandbox of one gateway leaves no choice.
  if (first !== undefined && (wanted !== undefined || found.length === 1)) return first
  const ids = gateways.map(({ id }) => id).join(', ')
  throw new UsageError(
    wanted === undefined
      ? 'this command is for one gateway, and the sandbox has several'
      : `the sandbox has no gateway for ${wanted}`,
    `say --member, or --gateway with one of: ${ids}`,
  )
}

/** The file of `--config` or the environment, or the usual one. @throws UsageError */
export function readConfigFile(file: string | undefined): ConfigFile {
  const path = file ?? process.env['WUSLA_CONFIG'] ?? join(homedir(), '.config', 'wusla', 'cli.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (file !== undefined) throw new UsageError(`cannot read the configuration file ${file}`)
    return {}
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError(`${path} is not JSON`)
  }
  // No message repeats a value: it may be a token.
  const problems = schemaProblems(ConfigSchema, value)
  if (problems.length === 0) return value as Static<typeof ConfigSchema>
  throw new UsageError(`${path} has problems: ${problems.join('; ')}`)
}

function missing(what: string, flags: string): UsageError {
  return new UsageError(`nothing says where ${what} is`, `give ${flags}, or --state DIR of a sandbox`)
}
