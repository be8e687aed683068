import { type Command, Option } from 'commander'
import { findAgreement, findRequest, gatewayOfParty } from '../agreements/agreement-rows.ts'
import {
  answerTo,
  counterOf,
  type DraftContent,
  type DraftOptions,
  draftOf,
} from '../agreements/draft-content.ts'
import { withConsumerOption, withTermsOptions } from '../agreements/terms-options.ts'
import { callApi } from '../api-client.ts'
import { collect, gatewayCommand } from '../command-options.ts'
import { readNamedJson } from '../named-file.ts'
import { identifier } from '../option-values.ts'
import { type GatewayTarget, gatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface ProposeOptions extends TargetOptions, DraftOptions {
  readonly json?: boolean
  readonly request?: string
  readonly counters?: string
}

/** A draft, where it is filed, and what it answers. */
interface Filing {
  readonly target: GatewayTarget
  readonly draft: DraftContent
  readonly request?: string | undefined
  readonly counters?: string | undefined
}

/** `wusla agreement propose`: terms for the other party to look at. */
export function proposeCommand(): Command {
  const command = gatewayCommand('propose', 'draft terms; proposing them is agreeing to them')
    .option(
      '--request <id>',
      'answer this request for access: what it asked for, unless options say otherwise',
    )
    .option('--counters <id>', 'a counter-proposal to this one, which is closed by it')
    .option('--supersedes <id>', 'an agreement in force that this one takes the place of')
    .addOption(
      new Option('--kind <kind>', 'what it is about')
        .choices(['service', 'hosting', 'membership'])
        .default('service'),
    )
    .option('--service <id>', 'the service granted', identifier('service'))
  return withTermsOptions(withConsumerOption(command))
    .option('--operator <member>', 'hosting, membership: the operator of the network', identifier('member'))
    .option('--branch <id>', 'hosting: the branch', identifier('branch'))
    .option('--host <member>', 'hosting: in whose data centre it stands', identifier('member'))
    .option('--site-en <text>', 'hosting: where it stands, in English')
    .option('--site-ar <text>', 'the same in Arabic')
    .option('--hosted-service <id>', 'hosting: a service to be reached there; may be repeated', collect)
    .option('--joining <member>', 'membership: who joins', identifier('member'))
    .option('--duty-en <text>', 'hosting, membership: a duty, in English; may be repeated', collect)
    .option('--duty-ar <text>', 'the same duty in Arabic', collect)
    .action(propose)
}

/** `wusla agreement counter`: other terms instead of those proposed. */
export function counterCommand(): Command {
  const command = gatewayCommand(
    'counter',
    'propose other terms instead: those of the proposal, with what the options change',
  ).argument('<agreement>', 'content hash of the proposal')
  return withTermsOptions(command).action(counter)
}

async function propose(options: ProposeOptions): Promise<void> {
  await file(await filingOf(options), options)
}

async function filingOf(options: ProposeOptions): Promise<Filing> {
  const { counters, request } = options
  if (options.file !== undefined) {
    const draft = (await readNamedJson('--file', options.file)) as DraftContent
    return { target: gatewayTarget(options, subjectOf(options)), draft, counters, request }
  }
  if (request === undefined) {
    const draft = draftOf(options)
    return { target: gatewayTarget(options, subjectOf(options)), draft, counters }
  }
  const found = await findRequest(gatewayTargets(options), request)
  if (found === undefined)
    throw new UsageError(`there is no request ${request}`, 'look at wusla agreement list --requests')
  const { provider } = found.row.request
  const target = gatewayOfParty(found.targets, [provider], 'the provider answers a request')
  return { target, draft: answerTo(found.row, options), counters, request }
}

/** Whose gateway files it, unless the user says: of a service the consumer, of a branch or a membership the operator. */
function subjectOf({ client, consumer, operator, service }: ProposeOptions): string | undefined {
  return client?.[0] ?? consumer ?? operator ?? service
}

async function counter(agreement: string, options: ProposeOptions): Promise<void> {
  const { row, targets } = await findAgreement(gatewayTargets(options), agreement)
  const others = row.parties.filter((party) => party !== row.proposedBy)
  const target = gatewayOfParty(targets, others, 'the party that did not propose it makes a counter-proposal')
  const draft =
    options.file === undefined
      ? counterOf(row.content ?? {}, options)
      : ((await readNamedJson('--file', options.file)) as DraftContent)
  await file({ target, draft, counters: agreement }, options)
}

async function file(filing: Filing, options: { readonly json?: boolean }): Promise<void> {
  const { target, draft, request, counters } = filing
  const answers = new URLSearchParams({
    ...(request === undefined ? {} : { request }),
    ...(counters === undefined ? {} : { counters }),
  }).toString()
  const path = answers === '' ? '/v1/agreements' : `/v1/agreements?${answers}`
  const answer = (await callApi(target, 'POST', path, draft)) as { readonly agreement: string }
  createVoice(options.json === true).result(answer, [
    `proposed ${answer.agreement}${target.id === undefined ? '' : ` at ${target.id}`}`,
    `next: both sides run wusla agreement sign ${answer.agreement}`,
    '      (in a network without a signing policy the other party runs wusla agreement accept)',
  ])
}
