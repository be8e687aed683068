import { Command } from 'commander'
import { memberOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { callApi } from '../api-client.ts'
import { askAll, failed, mergeRows } from '../ask-gateways.ts'
import { collect, gatewayCommand } from '../command-options.ts'
import { readNamedJson } from '../named-file.ts'
import { parseOperation } from '../operation.ts'
import { identifier, wholeNumber } from '../option-values.ts'
import { type GatewayTarget, gatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'
import { exportCommand } from './agreement-export.ts'
import { usageCommand } from './agreement-usage.ts'
import { verifyCommand } from './agreement-verify.ts'

interface ProposeOptions extends TargetOptions {
  readonly json?: boolean
  readonly file?: string
  readonly service?: string
  readonly client?: string[]
  readonly operation?: string[]
  readonly consumer?: string
  readonly titleEn?: string
  readonly titleAr?: string
  readonly purposeEn?: string
  readonly purposeAr?: string
  readonly purposeCode?: string[]
  readonly requestsPerSecond?: number
  readonly requestsPerDay?: number
  readonly bytesPerDay?: number
  readonly dataClass: string
  readonly days: number
}

/** A hundred years. */
const MAX_DAYS = 36_500

/** What an agreement can say. */
const MAX_A_DAY = Number.MAX_SAFE_INTEGER

type ActOptions = TargetOptions & { readonly json?: boolean; readonly reason?: string }

interface AgreementRow {
  readonly agreement: string
  readonly status: string
  readonly parties: readonly string[]
  /** Members that have accepted, while it is proposed. */
  readonly acceptedBy?: readonly string[]
  readonly validFrom: string
  readonly validUntil: string
}

/** `wusla agreement …`: the terms that are the access rules. */
export function agreementCommands(): Command {
  const group = new Command('agreement').description(
    'propose, accept, revoke, list, print and verify agreements',
  )
  group.addCommand(
    gatewayCommand('propose', 'draft terms and sign them as the first party')
      .option('--file <json>', 'the whole content as a file, instead of the options below')
      .option('--service <id>', 'the service granted', identifier('service'))
      .option('--consumer <member>', 'who is granted (default: the member of --client)', identifier('member'))
      .option('--client <id>', 'only this system of the consumer; may be repeated', collect)
      .option(
        '--operation <"METHOD path">',
        'a granted operation; may be repeated (default: "* /**")',
        collect,
      )
      .option('--title-en <text>', 'title in English')
      .option('--title-ar <text>', 'title in Arabic')
      .option('--purpose-en <text>', 'what the data is used for, in English')
      .option('--purpose-ar <text>', 'the same in Arabic; both or neither')
      .option('--purpose-code <code>', 'or: a code that calls must name; may be repeated', collect)
      .option('--requests-per-second <number>', 'limit', wholeNumber(1, 1_000_000))
      .option('--requests-per-day <number>', 'limit of a day of UTC', wholeNumber(1, MAX_A_DAY))
      .option('--bytes-per-day <number>', 'limit of all bodies of a day of UTC', wholeNumber(1, MAX_A_DAY))
      .option('--data-class <class>', 'open, confidential, sensitive or secret', 'confidential')
      .option('--days <number>', 'days of validity from now', wholeNumber(1, MAX_DAYS), 365)
      .action(propose),
  )
  group.addCommand(
    gatewayCommand('accept', 'sign as the other party: the agreement takes effect')
      .argument('<agreement>', 'content hash')
      .action(async (agreement: string, options: ActOptions) => await act(agreement, 'accept', options)),
  )
  for (const verb of ['revoke', 'suspend', 'resume'] as const) {
    group.addCommand(
      gatewayCommand(verb, `${verb} an agreement, signed by our side alone`)
        .argument('<agreement>', 'content hash')
        .option('--reason <text>', 'shown to the other party', 'no reason given')
        .action(async (agreement: string, options: ActOptions) => await act(agreement, verb, options)),
    )
  }
  group.addCommand(gatewayCommand('list', 'agreements of this member').action(list))
  group.addCommand(usageCommand())
  group.addCommand(exportCommand())
  group.addCommand(verifyCommand())
  return group
}

async function propose(options: ProposeOptions): Promise<void> {
  const draft = options.file === undefined ? draftOf(options) : await readNamedJson('--file', options.file)
  const target = gatewayTarget(options, options.client?.[0] ?? options.consumer ?? options.service)
  const answer = (await callApi(target, 'POST', '/v1/agreements', draft)) as { agreement: string }
  createVoice(options.json === true).result(answer, [
    `proposed ${answer.agreement}`,
    `next: the other party runs wusla agreement accept ${answer.agreement}`,
  ])
}

function draftOf(options: ProposeOptions): object {
  const { service, client } = options
  const consumer = options.consumer ?? (client?.[0] === undefined ? undefined : memberOf(client[0]))
  if (service === undefined || consumer === undefined) {
    throw new UsageError(
      'an agreement needs a service and a consumer',
      'give --service and --client or --consumer, or --file',
    )
  }
  // To the minute: people read it in the document.
  const now = Math.floor(Date.now() / 60_000) * 60_000
  const title = bothLanguages('--title', options.titleEn, options.titleAr)
  const words = bothLanguages('--purpose', options.purposeEn, options.purposeAr)
  const purpose = options.purposeCode ?? words
  if (options.purposeCode !== undefined && words !== undefined)
    throw new UsageError(
      'a purpose is told in words or in codes',
      'leave out --purpose-code, or the other two',
    )
  const limits = limitsOf(options)
  return {
    title: title ?? { en: `Use of ${service}`, ar: `استخدام ${service}` },
    parties: [
      { member: memberOf(service), role: 'provider' },
      { member: consumer, role: 'consumer' },
    ],
    grants: [
      {
        service,
        ...(client === undefined ? {} : { clients: client }),
        operations: (options.operation ?? ['* /**']).map(parseOperation),
        kinds: ['api'],
        dataClass: options.dataClass,
        ...(purpose === undefined ? {} : { purpose }),
        ...(limits === undefined ? {} : { limits }),
      },
    ],
    validFrom: new Date(now).toISOString(),
    validUntil: new Date(now + options.days * 86_400_000).toISOString(),
  }
}

function limitsOf(options: ProposeOptions): object | undefined {
  const { requestsPerSecond, requestsPerDay, bytesPerDay } = options
  const given = Object.entries({ requestsPerSecond, requestsPerDay, bytesPerDay }).filter(
    ([, limit]) => limit !== undefined,
  )
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** Both parties sign both languages: one text must not stand for the other. @throws UsageError when one is missing */
function bothLanguages(
  option: string,
  en: string | undefined,
  ar: string | undefined,
): { readonly en: string; readonly ar: string } | undefined {
  if (en === undefined && ar === undefined) return undefined
  if (en === undefined || ar === undefined)
    throw new UsageError(
      `the agreement is signed in two languages, and ${option} was given in one`,
      `give ${option}-en and ${option}-ar, or neither`,
    )
  return { en, ar }
}

async function act(
  agreement: string,
  verb: 'accept' | 'revoke' | 'suspend' | 'resume',
  options: ActOptions,
): Promise<void> {
  const done = { accept: 'accepted', revoke: 'revoked', suspend: 'suspended', resume: 'resumed' }[verb]
  const body = verb === 'accept' ? {} : { reason: options.reason }
  const targets = gatewayTargets(options)
  const [only] = targets
  const target =
    targets.length === 1 && only !== undefined ? only : await chooseParty(targets, agreement, verb)
  const answer = await callApi(target, 'POST', `/v1/agreements/${agreement}/${verb}`, body)
  createVoice(options.json === true).result(answer, [
    `${done} ${agreement}${target.id === undefined ? '' : ` at ${target.id}`}`,
  ])
}

/**
 * In a sandbox that holds every gateway: who accepts is the party that has not. Everything else either party may do,
 * and nobody but the user can say which one it is.
 */
async function chooseParty(
  targets: readonly GatewayTarget[],
  agreement: string,
  verb: string,
): Promise<GatewayTarget> {
  const { answers } = await askAll(targets, readAgreements)
  const row = answers.flatMap(({ answer }) => answer).find((each) => each.agreement === agreement)
  if (row === undefined) throw new WuslaError('not_found', { details: { agreement } })
  const { parties, acceptedBy = [], status } = row
  if (verb !== 'accept')
    throw new UsageError(`either party may ${verb} it`, `say --member with one of: ${parties.join(', ')}`)
  const party = parties.find((each) => !acceptedBy.includes(each))
  if (status !== 'proposed' || party === undefined)
    throw new WuslaError('conflict', {
      message: `The agreement is ${status} already.`,
      details: { agreement },
    })
  const its = targets.find(({ id }) => id !== undefined && memberOf(id) === party)
  if (its !== undefined) return its
  throw new UsageError(`the sandbox has no gateway of ${party}`, 'say --gateway ADMIN_URL --token T')
}

async function readAgreements(target: GatewayTarget): Promise<readonly AgreementRow[]> {
  const answer = await callApi(target, 'GET', '/v1/agreements')
  return (answer as { agreements: readonly AgreementRow[] }).agreements
}

async function list(options: ActOptions): Promise<void> {
  const targets = gatewayTargets(options)
  const { answers, failures } = await askAll(targets, readAgreements)
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const [only] = answers
  const agreements =
    targets.length === 1 && only !== undefined
      ? only.answer
      : mergeRows(answers, ({ agreement }) => agreement)
  voice.result(
    { agreements, ...failed(failures) },
    agreements.map(
      ({ agreement, status, parties, validFrom, validUntil }) =>
        `${agreement}  ${status}  ${parties.join(' ↔ ')}  ${validFrom.slice(0, 10)} – ${validUntil.slice(0, 10)}`,
    ),
  )
}
