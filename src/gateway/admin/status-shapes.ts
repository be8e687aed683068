import { type ObjectSchema, type Schema, Type } from '../../protocol/schema.ts'
import { TEXT } from './shapes.ts'

const open = { additionalProperties: true }
const COUNT = Type.Integer({ minimum: 0 })
const ROUND_TRIP = Type.Optional(
  Type.Number({ description: 'Smoothed round-trip time in milliseconds; absent until measured.' }),
)
const SINCE = Type.String({ description: 'RFC 3339.' })

/** Branches from here to the peer, in order; empty: without a branch. */
export const PATH: Schema = Type.Array(TEXT)

const ALARM = Type.Object({ alarm: TEXT, since: SINCE, detail: TEXT }, open)

/** One link to a home branch. */
export const LINK: Schema = Type.Object(
  {
    branch: TEXT,
    state: Type.String({ description: '`up`, `draining`, `connecting` or `closed`.' }),
    since: SINCE,
    rttMs: ROUND_TRIP,
    reason: Type.Optional(Type.String({ description: 'Why it is not up, as a word.' })),
  },
  open,
)

/** One session to a peer. */
export const SESSION: ObjectSchema = Type.Object(
  {
    gateway: Type.String({ description: 'The peer.' }),
    path: PATH,
    role: Type.String({ description: 'Who opened it: `initiator` is this gateway, `acceptor` the peer.' }),
    use: Type.String({
      description:
        '`in_use`: requests leave over it; `spare`: it waits for that; `ending`: it takes nothing new.',
    }),
    since: SINCE,
    rttMs: ROUND_TRIP,
    streams: Type.Integer({ minimum: 0, description: 'Exchanges under way.' }),
    sent: Type.Integer({ minimum: 0, description: 'Exchanges we asked for since it began.' }),
    served: Type.Integer({ minimum: 0, description: 'Exchanges the peer asked for since it began.' }),
    bytesIn: COUNT,
    bytesOut: COUNT,
  },
  open,
)

/** The answer of `/v1/status`. */
export const STATUS: { 200: Schema } = {
  200: Type.Unsafe<object>(
    Type.Object(
      {
        gateway: TEXT,
        time: SINCE,
        since: Type.String({ description: 'Start of this process, RFC 3339.' }),
        alarms: Type.Array(ALARM),
        directory: Type.Object({ size: COUNT, staleMs: Type.Number() }, open),
        evidence: Type.Object(
          {
            healthy: Type.Boolean(),
            checkpoint: Type.Array(TEXT),
            unanswered: Type.Union([Type.Object({}, open), Type.Null()]),
          },
          open,
        ),
        branches: Type.Array(LINK),
        sessions: Type.Array(SESSION),
        running: COUNT,
        frontDoor: Type.Object({}, open),
      },
      open,
    ),
  ),
}
