import { Type } from '../../protocol/schema.ts'

/** A name in both languages. */
export const Name = Type.Object(
  { ar: Type.String({ minLength: 1, maxLength: 200 }), en: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)

/** Why something was done; public. */
export const Reason = Type.String({ minLength: 1, maxLength: 500 })

/** Answer of every route that publishes: the entry's index in the directory log. */
export const Indexed = Type.Object({ index: Type.Integer({ minimum: 0 }) })

/** A change with its signatures, as it will stand in the log. The directory's own rules judge the rest. */
export const SignedChangeBody = {
  change: Type.Object(
    {
      type: Type.Literal('wusla/change/v1'),
      kind: Type.String(),
      network: Type.String(),
      time: Type.String(),
    },
    { additionalProperties: true },
  ),
  signatures: Type.Array(
    Type.Object(
      { alg: Type.String(), by: Type.String(), key: Type.String(), value: Type.String() },
      { additionalProperties: false },
    ),
    { minItems: 1, maxItems: 8 },
  ),
}

/** One page of a list: how many, and where it goes on. */
export const Page = {
  cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'Default 1,000.' })),
}

/** Where the next page begins; absent on the last one. */
export const Next = { next: Type.Optional(Type.Integer({ minimum: 0 })) }

/** One page of what lies at hand. */
export function pageOf<T>(
  all: readonly T[],
  { cursor = 0, limit = MAX_PAGE }: { readonly cursor?: number; readonly limit?: number },
): { readonly page: T[]; readonly next?: number } {
  const page = all.slice(cursor, cursor + limit)
  return cursor + limit < all.length ? { page, next: cursor + limit } : { page }
}

/** Most records of one page. */
export const MAX_PAGE = 1_000

const Text = Type.String()
const Texts = Type.Array(Text)
const open = { additionalProperties: true }

/** Records of the directory as lists show them; each holds more than is named here. */
export const MemberShape = Type.Object({ member: Text, name: Name, status: Text, admittedAt: Text }, open)
export const ServiceShape = Type.Object(
  { service: Text, kind: Text, xroadType: Text, name: Name, status: Text },
  open,
)
export const BRANCH_CLASS = '^[A-Za-z0-9-]{1,32}$'
export const BranchShape = Type.Object(
  { branch: Text, host: Text, controlAddress: Text, mirrorUrl: Text, class: Type.Optional(Text) },
  open,
)
export const LineShape = Type.Object(
  { line: Text, ends: Type.Unsafe<readonly string[]>(Texts), capacityMbps: Type.Integer(), owner: Text },
  open,
)
export const ChangeShape = Type.Object({ index: Type.Integer(), kind: Text, time: Text, subject: Text }, open)

const Signers = Type.Array(
  Type.Object({
    field: Text,
    mandate: Text,
    salt: Type.Optional(Type.String({ description: 'For the two parties only.' })),
  }),
)

export const AgreementShape = Type.Object({
  hash: Text,
  content: Type.Object({}, open),
  acceptances: Texts,
  acceptedBy: Texts,
  status: Type.Union([
    Type.Literal('draft'),
    Type.Literal('frozen'),
    Type.Literal('refused'),
    Type.Literal('countered'),
    Type.Literal('effective'),
  ]),
  proposedBy: Type.Optional(Text),
  proposedAt: Type.Optional(Text),
  frozenAt: Type.Optional(Text),
  closedBy: Type.Optional(Type.String({ description: 'Who refused, withdrew or countered it.' })),
  reason: Type.Optional(Text),
  counters: Type.Optional(Type.String({ description: 'Hash of the draft whose place it takes.' })),
  counteredBy: Type.Optional(Type.String({ description: 'Hash of its counter-proposal.' })),
  request: Type.Optional(Type.String({ description: 'Id of the access request that it answers.' })),
  signed: Type.Record(Type.Object({ signers: Signers, document: Text, at: Text }), {
    description: 'By member.',
  }),
  lease: Type.Optional(Type.Object({ by: Text, until: Text })),
})

export const AccessRequestShape = Type.Object({
  id: Text,
  request: Type.Object({}, open),
  receivedAt: Text,
  answerBy: Text,
  status: Type.Union([
    Type.Literal('open'),
    Type.Literal('answered'),
    Type.Literal('refused'),
    Type.Literal('withdrawn'),
  ]),
  isOverdue: Type.Boolean({ description: 'It is open and `answerBy` has passed.' }),
  agreement: Type.Optional(Type.String({ description: 'Hash of the newest draft that answers it.' })),
  reason: Type.Optional(Text),
})

/** Hash of an agreement or id of a request, in the path. */
export const Hash = Type.Object({ hash: Type.String({ maxLength: 64 }) })

/** The body of a route that needs none. */
export const Nothing = Type.Object({}, { additionalProperties: false })
