import { Command } from 'commander'
import { UsageError } from './voice.ts'

/** A command with the options that every command which talks to the registry has. */
export function registryCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--registry <url>', 'admin API of the registry (WUSLA_REGISTRY)')
    .option('--token <token>', 'API token (WUSLA_TOKEN)')
    .option('--state <dir>', 'state folder of a sandbox (WUSLA_STATE)')
    .option('--config <file>', 'configuration file of the command line (WUSLA_CONFIG)')
    .option('--json', 'print one line of JSON')
}

/** A command with the options that every command which talks to a gateway has. */
export function gatewayCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--gateway <url>', 'admin API of the gateway, or its identifier in a sandbox (WUSLA_GATEWAY)')
    .option('--token <token>', 'API token (WUSLA_TOKEN)')
    .option('--state <dir>', 'state folder of a sandbox (WUSLA_STATE)')
    .option('--config <file>', 'configuration file of the command line (WUSLA_CONFIG)')
    .option('--json', 'print one line of JSON')
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

/** The number an option gives; its range is checked by the actor. @throws UsageError when it is no whole number */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`${option} takes a whole number`)
}
