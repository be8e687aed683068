import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { enrolmentKey } from '../../directory/enrolment-key.ts'
import { formatTime } from '../../protocol/clock.ts'
import { memberOf, parseGateway } from '../../protocol/identifier.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { encodeEnrolmentToken, newSecret } from '../../trust/enrolment-token.ts'
import { signVoucher } from '../../trust/voucher.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { RECORD } from './shapes.ts'
import { STATUS } from './status-shapes.ts'

const TokenRequest = Type.Object(
  {
    gateway: Type.String({ description: 'Identifier of the further gateway of this member.' }),
    branches: Type.Optional(Type.Array(Type.String(), { maxItems: 16 })),
    hours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 8_760 })),
  },
  { additionalProperties: false },
)

/** How the gateway is, and tokens for further gateways of its member. */
export function statusRoutes(api: Api, parts: GatewayParts): void {
  const { tokens } = parts
  const since = formatTime(parts.clock.nowMs())
  api.get(
    '/healthz',
    { schema: { summary: 'Whether the gateway serves', tags: ['operation'], response: RECORD } },
    () => ({
      gateway: parts.gateway,
    }),
  )
  api.get(
    '/v1/status',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: {
        summary: 'State of the gateway: links to branches, sessions, alarms, directory, evidence',
        tags: ['operation'],
        response: STATUS,
      },
    },
    () => statusOf(parts, since),
  )
  api.post(
    '/v1/gateway-tokens',
    {
      onRequest: requireRole(tokens.current, 'admin'),
      schema: {
        summary: 'One-time token for a further gateway of this member, vouched for by its seal',
        tags: ['enrolment'],
        response: RECORD,
        body: TokenRequest,
      },
    },
    async ({ body }) => await makeToken(parts, body),
  )
}

function statusOf(parts: GatewayParts, since: string): object {
  const { directory, evidence, upkeep, links, sessions, running, frontDoor } = parts
  // While it cannot be written the evidence may be closed, and the operator needs this page all the more.
  const checkpoint = evidence.healthy ? evidence.latestCheckpoint().split('\n').slice(0, 3) : []
  return {
    gateway: parts.gateway,
    time: formatTime(parts.clock.nowMs()),
    since,
    alarms: parts.alarms?.() ?? [],
    directory: { size: directory.size, staleMs: parts.directoryStaleMs() },
    evidence: { healthy: evidence.healthy, checkpoint, unanswered: upkeep.openExchanges ?? null },
    branches: links.list(),
    // Where others may dial this gateway without a branch; a session with an empty path is such a one.
    direct: { announced: directory.gateway(parts.gateway)?.direct?.address ?? null },
    sessions: sessions.list(),
    running: running.size,
    frontDoor: frontDoor.load,
  }
}

async function makeToken(
  { member, anchor, directory, config, keys, clock, gateway: own }: GatewayParts,
  { gateway, branches, hours }: { gateway: string; branches?: string[]; hours?: number },
): Promise<{ token: string; expires: string }> {
  parseGateway(gateway)
  if (memberOf(gateway) !== member)
    throw new WuslaError('forbidden', { message: 'The gateway belongs to another member.' })
  const secret = newSecret()
  const expires = formatTime(clock.nowMs() + (hours ?? 24) * 3_600_000)
  const voucher = await signVoucher(
    { gateway, member, secretHash: enrolmentKey(secret).publicKey, expires },
    keys.seal,
  )
  const token = encodeEnrolmentToken({
    type: 'wusla/token/v1',
    kind: 'gateway',
    subject: gateway,
    member,
    branches: branches ?? directory.gateway(own)?.branches ?? [],
    secret,
    expires,
    registryUrl: config.registry,
    anchor,
    voucher,
  })
  return { token, expires }
}
