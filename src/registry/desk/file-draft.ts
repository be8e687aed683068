import { verifyAcceptance } from '../../agreements/acceptance.ts'
import { type Agreement, agreementHash } from '../../agreements/agreement.ts'
import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { MAX_OPEN_PROPOSALS } from './desk-limits.ts'
import {
  assertClosable,
  assertOpen,
  type DeskParts,
  filedOf,
  isUnfinished,
  nowOf,
  standingOf,
} from './desk-parts.ts'
import { type FiledAgreement, partiesOf, proposerOf } from './filed-agreement.ts'
import { forgetOver } from './forget-over.ts'
import { publishIfComplete } from './publish-agreement.ts'

/** What comes with a content that is proposed. */
export interface Proposal {
  /** Compact JWS of the proposer: in a network without a signing policy. */
  readonly acceptance?: string
  /** Id of the access request that it answers. */
  readonly request?: string
  /** Hash of the draft whose place it takes. */
  readonly counters?: string
}

/** Whose network it is, and whether its parties are there. @throws WuslaError `invalid_agreement` */
export function assertOfThisNetwork(directory: Directory, content: Agreement): void {
  const { network } = directory.anchor
  const stranger = content.parties.find(({ member }) => directory.member(member) === undefined)
  if (content.network === network && stranger === undefined) return
  const problem =
    stranger === undefined
      ? { path: '/network', problem: `must be ${network}` }
      : { path: '/parties', problem: `${stranger.member} is not admitted` }
  throw new WuslaError('invalid_agreement', { details: { problems: [problem] } })
}

/** Files a content of which this member is a party: as a draft, or as a proposal that its seal accepts. */
export async function fileDraft(
  parts: DeskParts,
  content: Agreement,
  member: string,
  proposal: Proposal,
): Promise<void> {
  const hash = agreementHash(content)
  const known = parts.records.get(hash)
  if (known !== undefined) assertStillOpen(parts, known)
  const countered = toCounter(parts, hash, content, member, proposal.counters)
  if (proposal.request !== undefined) assertAnswers(parts, content, member, proposal.request)
  if (known === undefined) assertFewOpen(parts, member)
  const request = proposal.request ?? countered?.request
  const filed: FiledAgreement = known ?? {
    hash,
    content,
    acceptances: {},
    proposedBy: member,
    proposedAt: nowOf(parts),
    ...(countered === undefined ? {} : { counters: countered.hash }),
    ...(request === undefined ? {} : { request }),
  }
  if (proposal.acceptance !== undefined) await fileAcceptance(parts, filed, member, proposal.acceptance)
  else if (known === undefined) await parts.records.save(filed)
  await finishLinks(parts, filed)
  if (known === undefined) await forgetOver(parts, member)
}

/** Files an acceptance by the member's seal; the one that completes it publishes the agreement. */
export async function fileAcceptance(
  parts: DeskParts,
  filed: FiledAgreement,
  member: string,
  acceptance: string,
): Promise<void> {
  const { directory, records } = parts
  assertStillOpen(parts, filed)
  verifyAcceptance(acceptance, {
    agreement: filed.hash,
    member,
    resolveKey: (kid: string) => {
      const key = directory.activeSealKey(kid)
      return key?.member === member ? key.verifier : undefined
    },
  })
  const next: FiledAgreement = { ...filed, acceptances: { ...filed.acceptances, [member]: acceptance } }
  // Durable before it is published: what is in force must be readable by its parties for ever.
  await records.save(next)
  await publishIfComplete(parts, next)
}

/**
 * Closes the draft that this one takes the place of, and points the request that it answers to it. After the draft itself is
 * durable, and again at each start: a crash may have come between.
 */
export async function finishLinks(parts: DeskParts, filed: FiledAgreement): Promise<void> {
  const { records, requests, leases } = parts
  const countered = filed.counters === undefined ? undefined : records.get(filed.counters)
  const mayClose = countered !== undefined && countered.revision === undefined
  if (mayClose && ['draft', 'frozen'].includes(standingOf(parts, countered))) {
    const by = proposerOf(filed) ?? ''
    const closed = { as: 'countered', by, at: nowOf(parts), counteredBy: filed.hash } as const
    await records.save({ ...countered, closed })
    leases.release(countered.hash, by)
    await forgetOver(parts, proposerOf(countered) ?? by)
  }
  if (filed.request === undefined) return
  const answer = records.get(requests.answerTo(filed.request) ?? '')
  const isNewest = (answer?.proposedAt ?? '') <= (filed.proposedAt ?? '')
  if (isNewest) await requests.answer(filed.request, filed.hash)
}

// In force it may be accepted again: an answer may have been lost.
function assertStillOpen(parts: DeskParts, filed: FiledAgreement): void {
  if (filed.closed !== undefined) assertOpen(parts, filed)
}

/** The draft that is countered. @throws WuslaError `agreement_not_found`, `conflict`, `signing_in_progress` */
function toCounter(
  parts: DeskParts,
  hash: string,
  content: Agreement,
  member: string,
  counters: string | undefined,
): FiledAgreement | undefined {
  if (counters === undefined) return undefined
  const filed = filedOf(parts, counters, member)
  if (filed.closed?.counteredBy === hash) return filed
  const members = partiesOf(filed)
  if (counters === hash || !partiesOf({ content }).every((party) => members.includes(party))) {
    throw new WuslaError('conflict', {
      message: 'A counter-proposal is another content between the same two members.',
    })
  }
  assertClosable(parts, filed, member)
  return filed
}

function assertAnswers({ requests }: DeskParts, content: Agreement, member: string, id: string): void {
  const { consumer } = requests.assertAnswerable(id, member)
  if (partiesOf({ content }).includes(consumer)) return
  throw new WuslaError('conflict', {
    message: 'The draft is not between the two members of the request for access.',
  })
}

function assertFewOpen(parts: DeskParts, member: string): void {
  const now = nowOf(parts)
  const open = parts.records
    .list(member)
    .filter((filed) => proposerOf(filed) === member && isUnfinished(parts, filed, now))
  if (open.length < MAX_OPEN_PROPOSALS) return
  throw new WuslaError('too_many_requests', {
    message: 'Too many proposals of this member wait for an answer.',
  })
}
