import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand } from '../command-options.ts'
import { wholeNumber } from '../option-values.ts'
import { gatewayTarget, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface ClientOptions extends TargetOptions {
  readonly json?: boolean
  readonly client: string
  readonly address?: string[]
  readonly certificate?: string[]
  readonly keySha256?: string
  readonly open?: boolean
}

interface PortOptions extends TargetOptions {
  readonly json?: boolean
  readonly client: string
  readonly service: string
  readonly port: number
  readonly basePath?: string
}

/** `wusla client …`: our information systems, how they prove themselves, and ports mapped for them. */
export function clientCommands(): Command {
  const group = new Command('client').description('our information systems that call through the gateway')
  group.addCommand(
    gatewayCommand('add', 'let an information system call through this gateway')
      .requiredOption('--client <id>', 'identifier of the system, e.g. AE-DU/GOV/RTA/LICENSING')
      .option('--address <cidr>', 'address it calls from; may be repeated', collect)
      .option('--certificate <sha256>', 'fingerprint of its TLS certificate; may be repeated', collect)
      .option('--key-sha256 <digest>', 'SHA-256 of the key it sends in Wusla-Client-Key')
      .option('--open', 'accept it without any proof')
      .action(add),
  )
  group.addCommand(gatewayCommand('list', 'list them').action(list))
  group.addCommand(
    gatewayCommand('map-port', 'bind a local port to one client and one service: programs call it unmodified')
      .requiredOption('--client <id>', 'on whose behalf')
      .requiredOption('--service <id>', 'which service')
      .requiredOption('--port <number>', 'local port; 0 takes a free one', wholeNumber(0, 65_535))
      .option('--base-path <path>', 'put before every path')
      .action(mapPort),
  )
  return group
}

async function add(options: ClientOptions): Promise<void> {
  const rules = [
    ...(options.address === undefined ? [] : [{ kind: 'address', allow: options.address }]),
    ...(options.certificate === undefined ? [] : [{ kind: 'certificate', sha256: options.certificate }]),
    ...(options.keySha256 === undefined ? [] : [{ kind: 'key', sha256: options.keySha256 }]),
    ...(options.open === true ? [{ kind: 'none' }] : []),
  ]
  if (rules.length === 0)
    throw new UsageError(
      'say how the system proves itself',
      '--address, --certificate, --key-sha256 or --open',
    )
  const target = gatewayTarget(options, options.client)
  const answer = await callApi(target, 'PUT', '/v1/clients', { client: options.client, rules })
  createVoice(options.json === true).result(answer, [`${options.client} may call through this gateway`])
}

async function list(options: ClientOptions): Promise<void> {
  const answer = (await callApi(gatewayTarget(options), 'GET', '/v1/clients')) as {
    clients: { client: string; rules: { kind: string }[] }[]
  }
  createVoice(options.json === true).result(
    answer,
    answer.clients.map(({ client, rules }) => `${client}  ${rules.map(({ kind }) => kind).join(' or ')}`),
  )
}

async function mapPort(options: PortOptions): Promise<void> {
  const answer = (await callApi(gatewayTarget(options, options.client), 'POST', '/v1/mapped-ports', {
    port: options.port,
    client: options.client,
    service: options.service,
    ...(options.basePath === undefined ? {} : { basePath: options.basePath }),
  })) as { url: string }
  createVoice(options.json === true).result(answer, [
    `${answer.url} is ${options.service}, called by ${options.client}`,
  ])
}
