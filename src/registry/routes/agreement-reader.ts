import type { FastifyRequest } from 'fastify'
import { SEALED } from '../../admin-api/api-description.ts'
import { roleOfToken } from '../../admin-api/api-tokens.ts'
import type { Static } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { AgreementDesk, FiledAgreement } from '../agreement-desk.ts'
import type { RegistryParts } from '../registry-deps.ts'
import type { AgreementShape } from './schemas.ts'

/** A party under its seal, or an auditor with a token. */
export const READERS: readonly Readonly<Record<string, string[]>>[] = [...SEALED, { bearer: [] }]

/** A member that asks under its seal reads its own; a bearer of any role reads all. @throws WuslaError `unauthorized` */
export function readerOf({ sealed, tokens }: RegistryParts, request: FastifyRequest): string {
  const header = request.headers.authorization ?? ''
  if (!header.startsWith('Bearer ')) return sealed.callerOf(request).member
  if (roleOfToken(tokens.current(), header.slice(7)) === undefined) throw new WuslaError('unauthorized')
  return 'all'
}

/** Whose list is asked for: a member gets its own only. @throws WuslaError `forbidden` */
export function listedFor(reader: string, member: string | undefined): string | undefined {
  if (reader === 'all') return member
  if (member !== undefined && member !== reader) throw new WuslaError('forbidden')
  return reader
}

/** An agreement that this reader may see. @throws WuslaError `agreement_not_found` */
export function readableOf(desk: AgreementDesk, hash: string, reader: string): FiledAgreement {
  const filed = desk.get(hash)
  const mayRead = reader === 'all' || filed?.content.parties.some(({ member }) => member === reader) === true
  // Whoever may not read it is not told that it exists.
  if (filed === undefined || !mayRead) throw new WuslaError('agreement_not_found')
  return filed
}

/** An agreement as this reader is shown it. */
export function shownTo(
  reader: string,
  desk: AgreementDesk,
  filed: FiledAgreement,
): Static<typeof AgreementShape> {
  const {
    hash,
    content,
    acceptances,
    closed,
    signed = {},
    proposedBy,
    proposedAt,
    frozenAt,
    counters,
    request,
  } = filed
  const lease = desk.leaseOf(filed)
  const shownSigned = Object.entries(signed).map(([member, { signers, document, at }]) => [
    member,
    // With its salt the holder of a mandate can be guessed: of interest to whoever verifies a signature, not to an auditor.
    {
      signers: reader === 'all' ? signers.map(({ field, mandate }) => ({ field, mandate })) : [...signers],
      document,
      at,
    },
  ])
  return {
    hash,
    content,
    acceptances: Object.values(acceptances),
    acceptedBy: Object.keys(acceptances),
    status: desk.statusOf(filed),
    ...present({ proposedBy, proposedAt, frozenAt, counters, request, lease }),
    ...present({ closedBy: closed?.by, reason: closed?.reason, counteredBy: closed?.counteredBy }),
    signed: Object.fromEntries(shownSigned),
  }
}

/** Only what is there: an answer has no empty members. */
function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const there = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as { [K in keyof T]?: NonNullable<T[K]> }
}
