import type { ApiTarget } from '../api-client.ts'
import { readSandbox, type SandboxFile } from '../sandbox-file.ts'
import { type ConfigFile, readConfigFile } from '../target.ts'
import { UsageError } from '../voice.ts'

/** How `wusla status` may say what it looks at. */
export interface StatusOptions {
  readonly registry?: string
  readonly gateway?: readonly string[]
  readonly branch?: readonly string[]
  readonly token?: string
  readonly state?: string
  readonly config?: string
}

/** An actor to look at; `id` is known in a sandbox. */
export interface LookedAt extends ApiTarget {
  readonly id?: string
}

/** Everything to look at. */
export interface StatusTargets {
  readonly registry?: LookedAt
  readonly branches: readonly LookedAt[]
  readonly gateways: readonly LookedAt[]
}

/** Addresses of actors, from flags or the environment. */
interface Named {
  readonly registry?: string | undefined
  readonly gateways: readonly string[]
  readonly branches: readonly string[]
}

/**
 * What to look at: the actors that flags name; else the whole sandbox of `--state`; else those of the environment; else
 * the sandbox of `WUSLA_STATE`; else those of the configuration file.
 *
 * @throws UsageError when nothing names an actor, or an identifier is not in the sandbox
 */
export function statusTargets(options: StatusOptions, env: NodeJS.ProcessEnv): StatusTargets {
  const file = readConfigFile(options.config)
  const token = options.token ?? env['WUSLA_TOKEN']
  const state = options.state ?? env['WUSLA_STATE']
  const sandbox = (): SandboxFile | undefined => (state === undefined ? undefined : readSandbox(state))
  const { registry, gateway: gateways = [], branch: branches = [] } = options
  const flags = { registry, gateways, branches }
  if (isAny(flags)) return targetsOf(flags, { token, file, sandbox: sandbox() })
  const inEnv: Named = {
    registry: env['WUSLA_REGISTRY'],
    gateways: listOf(env['WUSLA_GATEWAY']),
    branches: listOf(env['WUSLA_BRANCH']),
  }
  if (options.state === undefined && isAny(inEnv))
    return targetsOf(inEnv, { token, file, sandbox: sandbox() })
  const whole = sandbox()
  return whole === undefined ? ofConfig(file, token) : ofSandbox(whole)
}

function isAny({ registry, gateways, branches }: Named): boolean {
  return registry !== undefined || gateways.length > 0 || branches.length > 0
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : [text]
}

function ofSandbox({ registry, branches, gateways }: SandboxFile): StatusTargets {
  return {
    registry: { url: registry.url, token: registry.adminToken },
    branches: branches.map(({ id, url }) => ({ id, url, token: '' })),
    gateways: gateways.map(({ id, admin }) => ({ id, url: admin.url, token: admin.token })),
  }
}

function ofConfig(file: ConfigFile, token: string | undefined): StatusTargets {
  const { registry, gateway, branch } = file
  const named = { registry, gateways: listOf(gateway), branches: listOf(branch) }
  const targets = targetsOf(named, { token, file, sandbox: undefined })
  const gateways = [...targets.gateways, ...(file.gateways ?? [])]
  const branches = [
    ...targets.branches,
    ...(file.branches ?? []).map(({ url, token: own = '' }) => ({ url, token: safeToken(url, own) })),
  ]
  if (targets.registry !== undefined || gateways.length > 0 || branches.length > 0)
    return { ...targets, gateways, branches }
  throw new UsageError(
    'nothing says what to look at',
    'give --state DIR of a sandbox, or --registry URL, --gateway URL, --branch URL with --token T',
  )
}

function targetsOf(
  { registry, gateways, branches }: Named,
  known: {
    readonly token: string | undefined
    readonly file: ConfigFile
    readonly sandbox: SandboxFile | undefined
  },
): StatusTargets {
  const { token, file, sandbox } = known
  const whole = sandbox === undefined ? undefined : ofSandbox(sandbox)
  const needed = (found: string | undefined, what: string): string => {
    if (found !== undefined) return found
    throw new UsageError(
      `nothing says the token of ${what}`,
      'give --token T, or name it in the file of --config',
    )
  }
  return {
    ...(registry === undefined
      ? {}
      : {
          registry: {
            url: registry,
            token: needed(token ?? file.registryToken ?? whole?.registry?.token, 'the registry'),
          },
        }),
    gateways: gateways.map((named) => {
      const found = whole?.gateways.find(({ id, url }) => id === named || url === named)
      if (found !== undefined) return { ...found, token: token ?? found.token }
      return { url: address(named), token: needed(token ?? file.gatewayToken, named) }
    }),
    branches: branches.map((named) => {
      const found = whole?.branches.find(({ id, url }) => id === named || url === named)
      return found ?? { url: address(named), token: safeToken(named, token ?? '') }
    }),
  }
}

function address(named: string): string {
  if (/^https?:/.test(named)) return named
  throw new UsageError(
    `${named} is not an address`,
    'give a URL, or --state DIR of the sandbox that knows it',
  )
}

/** A branch answers its own machine without a token, and takes one through TLS only: no token crosses a network in clear. */
function safeToken(url: string, token: string): string {
  return url.startsWith('https:') ? token : ''
}
