import { Command, Option } from 'commander'
import { DATA_CLASSES } from '../src/agreements/data-class.ts'

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
    .option('--member <id>', 'in a sandbox: whose gateway')
    .option('--token <token>', 'API token (WUSLA_TOKEN)')
    .option('--state <dir>', 'state folder of a sandbox (WUSLA_STATE)')
    .option('--config <file>', 'configuration file of the command line (WUSLA_CONFIG)')
    .option('--json', 'print one line of JSON')
}

/** In which language people read the result. */
export function languageOption(): Option {
  return new Option('--language <code>', 'language of the words for people')
    .choices(['en', 'ar'])
    .default('en')
}

/** The highest class of data that a service or a mapped port lets through. */
export function maxDataClassOption(): Option {
  return new Option(
    '--max-data-class <class>',
    'let no data of a higher class through (default: any class)',
  ).choices(DATA_CLASSES)
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
