import type { Command } from 'commander'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import {
  type AccessRequestRow,
  type AgreementRow,
  findAgreement,
  findRequest,
  gatewayOfParty,
  type Held,
} from '../agreements/agreement-rows.ts'
import { memberAt } from '../agreements/member-at.ts'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { type GatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

type ActOptions = TargetOptions & { readonly json?: boolean; readonly reason?: string }

/** What one party does to an agreement. */
interface Act {
  readonly verb: string
  readonly done: string
  readonly description: string
  /** The word of the gateway's API, when it is another one. */
  readonly path?: string
  readonly reason?: boolean
  readonly alias?: string
  /** Who may do it; absent: either party, and nobody but the user can say which one it is. */
  readonly by?: (row: AgreementRow) => readonly string[]
}

const otherParty = ({ parties, proposedBy }: AgreementRow): readonly string[] =>
  parties.filter((party) => party !== proposedBy)

const ACTS: readonly Act[] = [
  {
    verb: 'freeze',
    done: 'froze',
    description: 'agree to the proposed terms: nobody changes them any more',
    by: otherParty,
  },
  {
    verb: 'accept',
    done: 'accepted',
    description: 'agree by the seal of the member alone; only in a network without a signing policy',
    by: otherParty,
  },
  {
    verb: 'suspend',
    done: 'suspended',
    description: 'stop an agreement until further notice, by our side alone; what runs under it is cut',
    reason: true,
  },
  { verb: 'resume', done: 'resumed', description: 'lift a suspension by our side', reason: true },
  {
    verb: 'terminate',
    done: 'terminated',
    description: 'end an agreement for good, by our side alone; what runs under it is cut',
    path: 'revoke',
    reason: true,
    alias: 'revoke',
  },
]

/** `wusla agreement freeze`, `refuse`, `accept`, `suspend`, `resume` and `terminate`. */
export function actCommands(): Command[] {
  return [...ACTS.map(commandOf), refuseCommand()]
}

function commandOf(act: Act): Command {
  const command = gatewayCommand(act.verb, act.description).argument('<agreement>', 'content hash')
  if (act.alias !== undefined) command.alias(act.alias)
  if (act.reason === true) command.option('--reason <text>', 'shown to the other party', 'no reason given')
  return command.action(async (agreement: string, options: ActOptions) => await doIt(agreement, act, options))
}

function refuseCommand(): Command {
  return gatewayCommand('refuse', 'refuse a proposal or a request for access; by who made it: withdraw it')
    .argument('<id>', 'of the agreement or of the request')
    .requiredOption('--reason <text>', 'shown to the other party')
    .action(refuse)
}

async function doIt(agreement: string, act: Act, options: ActOptions): Promise<void> {
  const target = await partyFor(gatewayTargets(options), agreement, act)
  const path = `/v1/agreements/${encodeURIComponent(agreement)}/${act.path ?? act.verb}`
  const answer = await callApi(target, 'POST', path, act.reason === true ? { reason: options.reason } : {})
  createVoice(options.json === true).result(answer, [`${act.done} ${agreement}${at(target)}`])
}

async function partyFor(
  targets: readonly GatewayTarget[],
  agreement: string,
  act: Act,
): Promise<GatewayTarget> {
  const [only] = targets
  if (targets.length === 1 && only !== undefined) return only
  const { row, targets: holders } = await findAgreement(targets, agreement)
  if (act.by !== undefined && !['draft', 'frozen'].includes(row.status))
    throw new WuslaError('conflict', {
      message: `The agreement is ${row.status} already.`,
      details: { agreement },
    })
  const { by = ({ parties }: AgreementRow) => parties } = act
  return gatewayOfParty(holders, by(row), `either party may ${act.verb} it`)
}

async function refuse(id: string, options: ActOptions): Promise<void> {
  const targets = gatewayTargets(options)
  const request = await findRequest(targets, id)
  const { target, path, done, body } =
    request === undefined
      ? refusalOf(await findAgreement(targets, id), id, options.reason)
      : await answerOf(request, id, options.reason)
  const answer = await callApi(target, 'POST', path, body)
  createVoice(options.json === true).result(answer, [`${done} ${id}${at(target)}`])
}

interface Refusal {
  readonly target: GatewayTarget
  readonly path: string
  readonly body: object
  readonly done: string
}

function refusalOf({ row, targets }: Held<AgreementRow>, id: string, reason: string | undefined): Refusal {
  const target = gatewayOfParty(targets, row.parties, 'either party may end a proposal')
  const path = `/v1/agreements/${encodeURIComponent(id)}/refuse`
  return { target, path, body: { reason }, done: 'refused' }
}

/** The provider refuses; the consumer withdraws what it asked for. */
async function answerOf(
  { row, targets }: Held<AccessRequestRow>,
  id: string,
  reason: string | undefined,
): Promise<Refusal> {
  const { provider, consumer } = row.request
  const what = 'the provider refuses a request, the consumer withdraws it'
  const target = gatewayOfParty(targets, [provider, consumer], what)
  const path = `/v1/access-requests/${encodeURIComponent(id)}`
  return (await memberAt(target)) === consumer
    ? { target, path: `${path}/withdraw`, body: {}, done: 'withdrew' }
    : { target, path: `${path}/refuse`, body: { reason }, done: 'refused' }
}

function at({ id }: GatewayTarget): string {
  return id === undefined ? '' : ` at ${id}`
}
