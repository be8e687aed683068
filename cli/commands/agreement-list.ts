import type { Command } from 'commander'
import {
  type AccessRequestRow,
  type AgreementRow,
  readAgreements,
  readRequests,
  unansweredNotes,
} from '../agreements/agreement-rows.ts'
import { askAll, failed, mergeRows } from '../ask-gateways.ts'
import { gatewayCommand } from '../command-options.ts'
import { type GatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

type ListOptions = TargetOptions & { readonly json?: boolean; readonly requests?: boolean }

/** `wusla agreement list`: the agreements of a member; in a sandbox those of all members, each once. */
export function listCommand(): Command {
  return gatewayCommand('list', 'agreements, or requests for access, of this member')
    .option('--requests', 'the requests for access instead, with the time by which each has to be answered')
    .action(list)
}

async function list(options: ListOptions): Promise<void> {
  if (options.requests === true) await tell(options, 'requests', readRequests, requestLine)
  else await tell(options, 'agreements', readAgreements, agreementLine)
}

async function tell<Row extends { readonly id: string }>(
  options: ListOptions,
  name: string,
  read: (target: GatewayTarget) => Promise<readonly Row[]>,
  lineOf: (row: Row) => string,
): Promise<void> {
  const targets = gatewayTargets(options)
  const { answers, failures } = await askAll(targets, read)
  const voice = createVoice(options.json === true)
  for (const note of unansweredNotes(failures)) voice.note(note)
  const [only] = answers
  const rows = targets.length === 1 && only !== undefined ? only.answer : mergeRows(answers, ({ id }) => id)
  voice.result({ [name]: rows, ...failed(failures) }, rows.length === 0 ? ['none'] : rows.map(lineOf))
}

function agreementLine({ id, kind, status, parties, validity }: AgreementRow): string {
  const days = `${validity.from.slice(0, 10)} – ${validity.until.slice(0, 10)}`
  return `${id}  ${status}  ${kind}  ${parties.join(' ↔ ')}  ${days}`
}

function requestLine({ id, status, request, answerBy, isOverdue, agreement }: AccessRequestRow): string {
  const services = request.services.map(({ service }) => service).join(', ')
  const late = isOverdue === true ? '  overdue' : ''
  const answer = agreement === undefined ? `answer by ${answerBy}${late}` : `answered with ${agreement}`
  return `${id}  ${status}  ${request.consumer} asks for ${services}  ${answer}`
}
