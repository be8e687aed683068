import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readServerCredentials } from '../../src/gateway/front-door-credentials.ts'
import { type GatewayConfig, gatewayConfigProblems } from '../../src/gateway/gateway-config.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { listenAddress } from '../option-values.ts'
import { UsageError } from '../voice.ts'

type FrontDoorConfig = GatewayConfig['frontDoor']

/** What the options of {@link withFrontDoorOptions} give. */
export interface FrontDoorOptions {
  readonly frontDoor?: string
  readonly allowRemotePlainHttp?: boolean
  readonly https?: string
  readonly httpsCertificate?: string
  readonly httpsKey?: string
  readonly dialect?: string
}

/** Adds the options that say where and how information systems reach the gateway. */
export function withFrontDoorOptions(command: Command, defaultListen?: string): Command {
  return command
    .option(
      '--front-door <host:port>',
      'where its information systems call in plain HTTP',
      listenAddress,
      defaultListen,
    )
    .option('--allow-remote-plain-http', 'let --front-door be reached from other machines, in clear')
    .option('--https <host:port>', 'where they call in HTTPS', listenAddress)
    .option('--https-certificate <file>', 'PEM file shown to them')
    .option('--https-key <file>', 'PEM file with its private key, readable by the gateway alone')
    .option('--dialect <version>', 'vocabulary of X-Road error codes: 7.8 or 7.7')
}

/** The front door after these options; what they do not name stays as it was. @throws UsageError */
export function frontDoorOf(options: FrontDoorOptions, before: FrontDoorConfig = {}): FrontDoorConfig {
  const { frontDoor, allowRemotePlainHttp, dialect } = options
  const https = httpsOf(options, before.https)
  return {
    ...before,
    ...(frontDoor === undefined ? {} : { http: frontDoor }),
    ...(allowRemotePlainHttp === true ? { allowRemotePlainHttp } : {}),
    ...(https === undefined ? {} : { https }),
    // Which words there are is for the check of the configuration to say.
    ...(dialect === undefined ? {} : { dialect: dialect as NonNullable<FrontDoorConfig['dialect']> }),
  }
}

function httpsOf(options: FrontDoorOptions, before: FrontDoorConfig['https']): FrontDoorConfig['https'] {
  const { https, httpsCertificate, httpsKey } = options
  if (https === undefined && httpsCertificate === undefined && httpsKey === undefined) return before
  const listen = https ?? before?.listen
  const certificate = httpsCertificate === undefined ? before?.certificate : resolve(httpsCertificate)
  const key = httpsKey === undefined ? before?.key : resolve(httpsKey)
  if (listen === undefined || certificate === undefined || key === undefined)
    throw new UsageError(
      'HTTPS needs three things',
      '--https HOST:PORT --https-certificate FILE --https-key FILE',
    )
  return { listen, certificate, key }
}

/**
 * Checks a configuration before it is written, its HTTPS files included.
 *
 * @throws WuslaError `config_invalid` with every problem
 */
export async function assertConfig(directory: string, config: GatewayConfig): Promise<void> {
  const problems = gatewayConfigProblems(config)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
  if (config.frontDoor.https !== undefined) await readServerCredentials(directory, config.frontDoor.https)
}
