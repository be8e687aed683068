import type { Command } from 'commander'
import { memberOf } from '../../src/protocol/identifier.ts'
import {
  operationsOf,
  purposeOf,
  type TermsOptions,
  withConsumerOption,
  withUseOptions,
} from '../agreements/terms-options.ts'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand } from '../command-options.ts'
import { gatewayTarget, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface RequestOptions extends TargetOptions, TermsOptions {
  readonly json?: boolean
  readonly service?: string[]
  readonly consumer?: string
}

/** `wusla agreement request`: a consumer asks a provider for access, before anybody has drafted terms. */
export function requestCommand(): Command {
  const command = gatewayCommand(
    'request',
    'ask a provider for access to its services; it has to answer within the days that the network sets',
  ).option('--service <id>', 'a service that is wanted; may be repeated, all of one provider', collect)
  return withUseOptions(withConsumerOption(command)).action(request)
}

async function request(options: RequestOptions): Promise<void> {
  const { service: services = [], client, legalBasis, dataClass = 'confidential', days = 365 } = options
  const consumer = options.consumer ?? (client?.[0] === undefined ? undefined : memberOf(client[0]))
  const [first] = services
  if (first === undefined || consumer === undefined)
    throw new UsageError(
      'a request needs a service and a consumer',
      'give --service and --client or --consumer',
    )
  const purpose = purposeOf(options)
  if (purpose === undefined)
    throw new UsageError(
      'a request says what the data is used for',
      'give --purpose-en and --purpose-ar, or --purpose-code',
    )
  const operations = operationsOf(options)
  const body = {
    provider: memberOf(first),
    services: services.map((service) => ({ service, operations })),
    ...(client === undefined ? {} : { clients: client }),
    purpose,
    ...(legalBasis === undefined ? {} : { legalBasis }),
    dataClass,
    days,
  }
  const target = gatewayTarget(options, consumer)
  const answer = (await callApi(target, 'POST', '/v1/access-requests', body)) as {
    readonly request: string
    readonly answerBy: string
  }
  createVoice(options.json === true).result(answer, [
    `requested ${answer.request}`,
    `${memberOf(first)} has to answer by ${answer.answerBy}`,
    `next: the provider runs wusla agreement propose --request ${answer.request}`,
  ])
}
