import { type Schema, Type } from '../../protocol/schema.ts'
import { TEXT } from './shapes.ts'
import { LINK, PATH, SESSION } from './status-shapes.ts'

const open = { additionalProperties: true }

const LEG = Type.Object(
  {
    from: TEXT,
    to: TEXT,
    lines: Type.Array(TEXT),
    rttMs: Type.Number(),
    usedMbps: Type.Optional(Type.Number()),
    capacityMbps: Type.Optional(Type.Number()),
    monthlyCostAed: Type.Optional(Type.Number()),
    riskGroups: Type.Array(TEXT),
  },
  open,
)

const WAY = Type.Object(
  {
    path: PATH,
    use: Type.String({
      description:
        '`in_use`, `spare`: a session runs over it; `next`, `next_spare`: it would be opened now; `possible`; ' +
        '`forbidden`: the agreement does not let it pass.',
    }),
    costMs: Type.Number({ description: 'What it was weighed at, in milliseconds.' }),
    chosen: Type.Boolean({ description: 'The best of its first branch.' }),
    reason: TEXT,
    legs: Type.Array(LEG),
  },
  open,
)

const TERMS = Type.Object({
  avoid: Type.Optional(Type.Array(TEXT)),
  only: Type.Optional(Type.Array(TEXT)),
  onlyClasses: Type.Optional(Type.Array(TEXT)),
  agreements: Type.Array(TEXT, { description: 'In force, and granting the service.' }),
})

const HELD = Type.Object(
  { ...SESSION.properties, allowed: Type.Boolean({ description: 'It keeps the terms.' }) },
  open,
)

/** The answer of `/v1/paths`. */
export const PATHS: { 200: Schema } = {
  200: Type.Unsafe<object>(
    Type.Object({
      from: TEXT,
      to: TEXT,
      service: Type.Optional(TEXT),
      terms: Type.Optional(TERMS),
      links: Type.Array(LINK),
      gateways: Type.Array(
        Type.Object({
          gateway: TEXT,
          sessions: Type.Array(HELD),
          ways: Type.Array(WAY),
          unanswered: Type.Array(Type.Object({ branch: TEXT, code: TEXT, detail: TEXT })),
        }),
      ),
    }),
  ),
}
