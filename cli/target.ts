import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { memberOf } from '../src/protocol/identifier.ts'
import type { ApiTarget } from './api-client.ts'
import { readSandbox, type SandboxFile, type SandboxGateway } from './sandbox-file.ts'
import { UsageError } from './voice.ts'

/** How a command may say whom it talks to: flags, then environment, then the configuration file, or a sandbox. */
export interface TargetOptions {
  readonly state?: string
  readonly registry?: string
  readonly gateway?: string
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
  const url = options.registry ?? process.env['WUSLA_REGISTRY'] ?? file['registry']
  const token = options.token ?? process.env['WUSLA_TOKEN'] ?? file['registryToken']
  if (url !== undefined && token !== undefined) return { url, token }
  const state = stateOf(options)
  if (state === undefined) throw missing('the registry', '--registry URL --token T')
  const { registry } = readSandbox(state)
  return { url: url ?? registry.url, token: token ?? registry.adminToken }
}

/**
 * The admin API of a gateway. In a sandbox `--gateway` may be a gateway's identifier, and without it `subject` (an
 * identifier of a member, system or service) says whose gateway is meant.
 */
export function gatewayTarget(options: TargetOptions, subject?: string): ApiTarget {
  const file = readConfigFile(options.config)
  const named = options.gateway ?? process.env['WUSLA_GATEWAY'] ?? file['gateway']
  const token = options.token ?? process.env['WUSLA_TOKEN'] ?? file['gatewayToken']
  const state = stateOf(options)
  if (named !== undefined && /^https?:/.test(named)) {
    const known =
      state === undefined ? undefined : readSandbox(state).gateways.find(({ admin }) => admin.url === named)
    const bearer = token ?? known?.admin.token
    if (bearer === undefined) throw missing('the token of the gateway', '--token T')
    return { url: named, token: bearer }
  }
  if (state === undefined) throw missing('the gateway', '--gateway ADMIN_URL --token T')
  return findGateway(readSandbox(state), named, subject).admin
}

/** All gateways that a search may go through: the one named, or every one of the sandbox. */
export function gatewayTargets(options: TargetOptions): ApiTarget[] {
  const state = stateOf(options)
  if (options.gateway !== undefined || state === undefined) return [gatewayTarget(options)]
  return readSandbox(state).gateways.map(({ admin }) => admin)
}

function findGateway(
  sandbox: SandboxFile,
  named: string | undefined,
  subject: string | undefined,
): SandboxGateway {
  const found = sandbox.gateways.find(({ id, member }) =>
    named === undefined
      ? subject !== undefined && member === memberOf(subject)
      : id === named || member === named,
  )
  if (found !== undefined) return found
  const ids = sandbox.gateways.map(({ id }) => id).join(', ')
  throw new UsageError(
    `the sandbox has no gateway for ${named ?? subject ?? 'this command'}`,
    `say --gateway with one of: ${ids}`,
  )
}

function readConfigFile(file: string | undefined): Readonly<Record<string, string | undefined>> {
  const path = file ?? process.env['WUSLA_CONFIG'] ?? join(homedir(), '.config', 'wusla', 'cli.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (file !== undefined) throw new UsageError(`cannot read the configuration file ${file}`)
    return {}
  }
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    throw new UsageError(`${path} is not JSON`)
  }
}

function missing(what: string, flags: string): UsageError {
  return new UsageError(`nothing says where ${what} is`, `give ${flags}, or --state DIR of a sandbox`)
}
