import type { Command } from 'commander'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import { listenAddress } from '../option-values.ts'

/** What the options of {@link withDirectOptions} give. */
export interface DirectOptions {
  /** `false` after `--no-direct`. */
  readonly direct?: string | false
  readonly directAnnounce?: string
  readonly directDial?: string
  readonly directDialLocal?: boolean
}

/** Adds the options about sessions with other gateways that pass no branch. */
export function withDirectOptions(command: Command): Command {
  return command
    .option('--direct <host:port>', 'where other gateways may reach it without a branch', listenAddress)
    .option('--direct-announce <ip:port>', 'the numeric address they dial, when it is another')
    .option('--direct-dial <whom>', 'whom it dials directly: off, lines (default) or any')
    .option('--direct-dial-local', 'let it dial loopback and link-local addresses: for a sandbox')
}

/** A configuration with its direct settings after these options; what they do not name stays as it was. */
export function withDirect(config: GatewayConfig, options: DirectOptions): GatewayConfig {
  const { direct, directAnnounce, directDial, directDialLocal } = options
  const { directListen, directAnnounce: announcedBefore, ...others } = config
  const listen = direct === undefined ? directListen : direct
  // Who listens elsewhere is dialled elsewhere too.
  const announce = directAnnounce ?? (direct === undefined ? announcedBefore : undefined)
  return {
    ...others,
    ...(listen === undefined || listen === false ? {} : { directListen: listen }),
    ...(announce === undefined ? {} : { directAnnounce: announce }),
    // Which words there are is for the check of the configuration to say.
    ...(directDial === undefined
      ? {}
      : { directDial: directDial as NonNullable<GatewayConfig['directDial']> }),
    ...(directDialLocal === undefined ? {} : { directDialLocal }),
  }
}
