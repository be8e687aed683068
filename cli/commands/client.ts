import { Command } from 'commander'
import { formatLinkAddress } from '../../src/transport/link-address.ts'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand, maxDataClassOption } from '../command-options.ts'
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

interface PortOptions extends TargetOptions, Omit<Proof, 'certificate'> {
  readonly json?: boolean
  readonly client: string
  readonly service: string
  readonly port: number
  readonly host?: string
  readonly basePath?: string
  readonly purpose?: string
  readonly maxDataClass?: string
  readonly rewriteHost?: string[]
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
    gatewayCommand('remove', 'let an information system call no more')
      .requiredOption('--client <id>', 'identifier of the system')
      .action(remove),
  )
  group.addCommand(
    gatewayCommand('map-port', 'bind a local port to one client and one service: programs call it unmodified')
      .requiredOption('--client <id>', 'on whose behalf')
      .requiredOption('--service <id>', 'which service')
      .requiredOption('--port <number>', 'local port; 0 takes a free one', wholeNumber(0, 65_535))
      .option('--base-path <path>', 'put before every path')
      .option('--purpose <code>', 'what everything on this port is for; takes the place of Wusla-Purpose')
      .addOption(maxDataClassOption())
      .option('--host <address>', 'address to listen on (default 127.0.0.1)')
      .option('--address <cidr>', 'who may use it; may be repeated (default: this machine)', collect)
      .option('--key-sha256 <digest>', 'or: SHA-256 of the key sent in Wusla-Client-Key')
      .option('--open', 'or: everybody on this machine, without any proof')
      .option(
        '--rewrite-host <host[:port]>',
        'name of the backend in Location to put into the words of the port; may be repeated',
        collect,
      )
      .action(mapPort),
  )
  group.addCommand(gatewayCommand('list-ports', 'list the mapped ports of the gateway').action(listPorts))
  group.addCommand(
    gatewayCommand('unmap-port', 'close a mapped port')
      .requiredOption('--port <number>', 'the mapped port', wholeNumber(1, 65_535))
      .option('--host <address>', 'address it listens on', '127.0.0.1')
      .action(unmapPort),
  )
  return group
}

type Proof = Pick<ClientOptions, 'address' | 'certificate' | 'keySha256' | 'open'>

function rulesOf({ address, certificate, keySha256, open }: Proof): object[] {
  return [
    ...(address === undefined ? [] : [{ kind: 'address', allow: address }]),
    ...(certificate === undefined ? [] : [{ kind: 'certificate', sha256: certificate }]),
    ...(keySha256 === undefined ? [] : [{ kind: 'key', sha256: keySha256 }]),
    ...(open === true ? [{ kind: 'none' }] : []),
  ]
}

async function add(options: ClientOptions): Promise<void> {
  const rules = rulesOf(options)
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
  const rules = rulesOf(options)
  const { host, basePath, purpose, maxDataClass, rewriteHost } = options
  const answer = (await callApi(gatewayTarget(options, options.client), 'POST', '/v1/mapped-ports', {
    port: options.port,
    client: options.client,
    service: options.service,
    ...(basePath === undefined ? {} : { basePath }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(maxDataClass === undefined ? {} : { maxDataClass }),
    ...(host === undefined ? {} : { host }),
    ...(rules.length === 0 ? {} : { rules }),
    ...(rewriteHost === undefined ? {} : { rewriteHost }),
  })) as { url: string }
  createVoice(options.json === true).result(answer, [
    `${answer.url} is ${options.service}, called by ${options.client}`,
  ])
}

async function remove(options: ClientOptions): Promise<void> {
  const path = `/v1/clients/${encodeURIComponent(options.client)}`
  const answer = await callApi(gatewayTarget(options, options.client), 'DELETE', path)
  createVoice(options.json === true).result(answer, [`${options.client} may call no more`])
}

async function listPorts(options: PortOptions): Promise<void> {
  const answer = (await callApi(gatewayTarget(options), 'GET', '/v1/mapped-ports')) as {
    mappedPorts: { port: number; host?: string; client: string; service: string }[]
  }
  createVoice(options.json === true).result(
    answer,
    answer.mappedPorts.map(
      ({ host = '127.0.0.1', port, client, service }) =>
        `${formatLinkAddress({ host, port })}  ${client} calls ${service}`,
    ),
  )
}

async function unmapPort(options: PortOptions): Promise<void> {
  const { port, host = '127.0.0.1' } = options
  const path = `/v1/mapped-ports/${port}?host=${encodeURIComponent(host)}`
  const answer = await callApi(gatewayTarget(options), 'DELETE', path)
  createVoice(options.json === true).result(answer, [`${formatLinkAddress({ host, port })} is closed`])
}
