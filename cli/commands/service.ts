import { resolve } from 'node:path'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand, maxDataClassOption, registryCommand } from '../command-options.ts'
import { wholeNumber } from '../option-values.ts'
import { gatewayTarget, registryTarget, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'
import { parseOperation } from '../operation.ts'

interface PublishOptions extends TargetOptions {
  readonly json?: boolean
  readonly service: string
  readonly url: string
  readonly kind: string
  readonly nameEn?: string
  readonly nameAr?: string
  readonly operation?: string[]
  readonly open?: boolean
  readonly openapi?: boolean
  readonly caFile?: string
  readonly pinnedSha256?: string
  readonly connectTimeoutMs?: number
  readonly answerTimeoutMs?: number
  readonly host?: string
  readonly disabledNotice?: string
  readonly maxDataClass?: string
}

/** `wusla service …`: what a member offers. */
export function serviceCommands(): Command {
  const group = new Command('service').description('publish and list services')
  group.addCommand(
    gatewayCommand('publish', 'offer a service: its backend stays private, its name becomes public')
      .requiredOption('--service <id>', 'identifier, e.g. AE-DU/SEMI/DEWA/BILLING/bills')
      .requiredOption('--url <url>', 'where the backend answers; known to this gateway alone')
      .option('--kind <kind>', 'api, events, files or stream', 'api')
      .option('--name-en <text>', 'name in English')
      .option('--name-ar <text>', 'name in Arabic')
      .option('--operation <"METHOD path">', 'an operation for the catalogue; may be repeated', collect)
      .option('--open', 'grant the operations to every member, by our seal alone')
      .option('--openapi', 'the backend describes itself at /openapi.json')
      .option('--ca-file <file>', 'PEM of the authority of an HTTPS backend')
      .option('--pinned-sha256 <digest>', 'fingerprint of the certificate of an HTTPS backend')
      .option(
        '--connect-timeout-ms <number>',
        'to connect to the backend, milliseconds (default 5000)',
        wholeNumber(1, 3_600_000),
      )
      .option(
        '--answer-timeout-ms <number>',
        'longest silence of the backend, milliseconds (default 60000)',
        wholeNumber(1, 3_600_000),
      )
      .option(
        '--host <which>',
        'what the backend reads in Host: backend (its own), or original (what the program called)',
      )
      .option('--disabled-notice <text>', 'refuse calls with this notice')
      .addOption(maxDataClassOption())
      .action(publish),
  )
  group.addCommand(
    gatewayCommand('withdraw', 'stop offering a service; its backend is forgotten')
      .alias('unpublish')
      .requiredOption('--service <id>', 'identifier')
      .action(withdraw),
  )
  group.addCommand(registryCommand('list', 'list the services of the network').action(list))
  return group
}

async function publish(options: PublishOptions): Promise<void> {
  const code = options.service.split('/').at(-1) ?? options.service
  const operations = (options.operation ?? ['* /**']).map(parseOperation)
  const body = {
    service: options.service,
    kind: options.kind,
    xroadType: options.openapi === true ? 'OPENAPI' : 'REST',
    name: { en: options.nameEn ?? code, ar: options.nameAr ?? code },
    operations,
    open: options.open === true,
    target: targetOf(options),
  }
  const answer = await callApi(gatewayTarget(options, options.service), 'POST', '/v1/services', body)
  createVoice(options.json === true).result(answer, [`published ${options.service}`])
}

/** What the gateway alone knows of the backend. */
function targetOf(options: PublishOptions): object {
  const { url, caFile, pinnedSha256, connectTimeoutMs, answerTimeoutMs, host, disabledNotice } = options
  const { maxDataClass } = options
  const tls = {
    // The gateway runs in another folder than whoever types this.
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
    ...(pinnedSha256 === undefined ? {} : { pinnedSha256 }),
  }
  return {
    url,
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
    ...(host === undefined ? {} : { host }),
    ...(disabledNotice === undefined ? {} : { disabledNotice }),
    ...(maxDataClass === undefined ? {} : { maxDataClass }),
  }
}

async function withdraw(options: { service: string; json?: boolean } & TargetOptions): Promise<void> {
  const target = gatewayTarget(options, options.service)
  const answer = await callApi(target, 'POST', '/v1/services/withdraw', { service: options.service })
  createVoice(options.json === true).result(answer, [`withdrew ${options.service}`])
}

async function list(options: TargetOptions & { json?: boolean }): Promise<void> {
  const answer = (await callApi(registryTarget(options), 'GET', '/v1/services')) as {
    services: { service: string; kind: string; name: { en: string; ar: string }; open?: unknown }[]
  }
  createVoice(options.json === true).result(
    answer,
    answer.services.map(
      ({ service, kind, name, open }) =>
        `${service}  ${kind}${open === undefined ? '' : ' (open)'}  ${name.en} · ${name.ar}`,
    ),
  )
}
