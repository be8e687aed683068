import { isTime } from '../../protocol/clock.ts'
import { isDigest256 } from '../../protocol/digest.ts'
import { verifyJws } from '../../trust/jws.ts'
import { decodeShape, listOf, objectOf, oneOf, text } from '../../trust/shape.ts'
import { isMandateId } from './change-shapes.ts'
import { memberSigner } from './gateway-rules.ts'
import type { AgreementView, NetworkView } from './network-view.ts'
import { isSignedBy } from './signers.ts'
import { isSignedByRegistry } from './standing-rules.ts'
import type { Agreed, AgreementStanding, SignedTrustChange } from './trust-change.ts'

/** `docs/spec/directory.md`, section 4.6: each gives whether the entry has an effect, and then the effect. */
export function applyAgreement(view: NetworkView, entry: SignedTrustChange, change: Agreed): boolean {
  const { agreement, parties, validFrom, validUntil, acceptances, document, signedUnder, supersedes } = change
  if (parties.some((party) => view.members.get(party)?.isSuspended !== false)) return false
  if (validFrom >= validUntil || view.agreements.has(agreement)) return false
  if (!isSignedUnderKnown(view, change) || !maySupersede(view, change)) return false
  if (!isSignedByRegistry(view, entry)) return false
  const accepted = parties.map((party, place) =>
    acceptanceBy(view, party, agreement, acceptances[place] ?? ''),
  )
  if (!accepted.every((words) => words !== undefined)) return false
  const sealedDocuments = accepted.map((words) => words.document)
  if (document !== undefined && !sealedDocuments.includes(document)) return false
  const isSame = accepted.every(
    ({ mandates }, place) =>
      signedUnder === undefined || isSameList(mandates ?? [], signedUnder[place] ?? []),
  )
  if (!isSame) return false
  const signing =
    document === undefined || signedUnder === undefined ? {} : { signing: { document, signedUnder } }
  view.agreements.set(agreement, {
    parties,
    validFrom,
    validUntil,
    standings: [],
    sealedDocuments,
    ...signing,
    ...(view.policy === undefined ? {} : { policy: view.policy }),
  })
  const before = supersedes === undefined ? undefined : view.agreements.get(supersedes)
  if (supersedes !== undefined && before !== undefined)
    view.agreements.set(supersedes, { ...before, superseded: { by: agreement, from: validFrom } })
  return true
}

/** Whether a mandate was valid when somebody signed under it is for those to judge who have the document. */
function isSignedUnderKnown(view: NetworkView, { parties, signedUnder }: Agreed): boolean {
  if (signedUnder === undefined) return view.policy === undefined
  return parties.every((party, place) =>
    signedUnder[place]?.every((mandate) => view.mandates.get(mandate)?.member === party),
  )
}

function maySupersede(view: NetworkView, { supersedes, parties }: Agreed): boolean {
  if (supersedes === undefined) return true
  const record = view.agreements.get(supersedes)
  if (record === undefined || record.superseded !== undefined) return false
  const isRevoked = record.standings.some(({ act }) => act === 'revoked')
  return !isRevoked && parties.every((party) => record.parties.includes(party))
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each, place) => each === others[place])
}

const ACCEPTANCE = objectOf(
  {
    agreement: text(),
    member: text({ max: 4096 }),
    act: oneOf('accept'),
    time: text({ max: 24, test: isTime }),
  },
  {
    document: text({ test: isDigest256 }),
    mandates: listOf(text({ test: isMandateId }), { max: 2, unique: true }),
  },
  ({ document, mandates }, report) => {
    if ((document === undefined) !== (mandates === undefined)) report('/document', 'comes with mandates')
  },
)

interface Accepted {
  readonly document?: string
  readonly mandates?: readonly string[]
}

function acceptanceBy(
  view: NetworkView,
  party: string,
  agreement: string,
  jws: string,
): Accepted | undefined {
  try {
    const resolveKey = (kid: string) => view.activeSealKey(party, kid)
    const { payload } = verifyJws(jws, { typ: 'wusla-acceptance+jws', resolveKey })
    const words = decodeShape(ACCEPTANCE, payload)
    const isGood = words.ok && words.value.agreement === agreement && words.value.member === party
    return isGood ? words.value : undefined
  } catch {
    return undefined
  }
}

export function applyAgreementStanding(
  view: NetworkView,
  entry: SignedTrustChange,
  change: AgreementStanding,
): boolean {
  const { agreement, party, time, kind } = change
  const record = view.agreements.get(agreement)
  if (record === undefined || !record.parties.includes(party)) return false
  if (record.standings.some(({ act }) => act === 'revoked')) return false
  const last = record.standings.findLast((standing) => standing.party === party)
  if (last !== undefined && time <= last.time) return false
  const act = actOf(kind)
  if (act === 'suspended' && last?.act === 'suspended') return false
  if (act === 'resumed' && (last?.act !== 'suspended' || view.members.get(party)?.isSuspended !== false))
    return false
  if (!isSignedBy(entry.signingBytes, entry.signatures, [memberSigner(view, party)])) return false
  view.agreements.set(agreement, { ...record, standings: [...record.standings, { party, time, act }] })
  return true
}

function actOf(kind: AgreementStanding['kind']): AgreementView['standings'][number]['act'] {
  switch (kind) {
    case 'agreement_suspended':
      return 'suspended'
    case 'agreement_resumed':
      return 'resumed'
    case 'agreement_revoked':
      return 'revoked'
  }
}
