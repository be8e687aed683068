import { Command } from 'commander'
import { createNetwork } from '../join/create-network.ts'
import { type RunActor, runVerb } from '../run-verb.ts'
import { createVoice } from '../voice.ts'

interface CreateOptions {
  readonly json?: boolean
  readonly dir: string
  readonly nameEn?: string
  readonly nameAr?: string
  readonly listen: string
  readonly publicUrl?: string
  readonly testAuthorities?: boolean
}

/** `wusla registry …`: found a network and run its registry. */
export function registryCommands(run?: RunActor): Command {
  const group = new Command('registry').description('the authority of a network: create, run')
  group.addCommand(
    new Command('create')
      .description('found a new network: root, authority, keys and the first entry of its directory')
      .argument('<network>', 'identifier, e.g. AE-DU')
      .requiredOption('--dir <dir>', "the registry's state folder; must not hold a registry yet")
      .option('--name-en <text>', 'name in English')
      .option('--name-ar <text>', 'name in Arabic')
      .option('--listen <host:port>', 'where the registry will answer', '127.0.0.1:7600')
      .option(
        '--public-url <url>',
        'where gateways and branches reach it: your TLS proxy (default: http:// and --listen, one machine only)',
      )
      .option(
        '--test-authorities',
        'a network for trying out: its signing policy may name test authorities, whose signatures prove nothing',
      )
      .option('--json', 'print one line of JSON')
      .action(create),
  )
  group.addCommand(runVerb('registry', 'was created', run))
  return group
}

async function create(network: string, options: CreateOptions): Promise<void> {
  const created = await createNetwork({
    network,
    directory: options.dir,
    listen: options.listen,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(options.testAuthorities === true ? { testAuthorities: true } : {}),
    name: { en: options.nameEn ?? network, ar: options.nameAr ?? network },
  })
  createVoice(options.json === true).result(created, [
    `founded ${network}`,
    `trust anchor: ${created.anchor}`,
    ...(options.testAuthorities === true
      ? ['for trying out only: it believes test authorities, which give the name of anybody to anybody']
      : []),
    'API tokens, shown once (`wusla token create` makes further ones):',
    ...Object.entries(created.tokens).map(([role, token]) => `  ${role.padEnd(8)}  ${token}`),
    `next: wusla registry run --dir ${options.dir}`,
  ])
}
