import { type Api, requireRole } from '../../admin-api/api-server.ts'
import type { Directory } from '../../directory/directory.ts'
import { formatTime } from '../../protocol/clock.ts'
import { canonicalIdentifier, isIdentifier, memberOf } from '../../protocol/identifier.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { explainPaths } from '../explain-paths.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { transitTerms, type TransitTerms } from '../transit-terms.ts'
import { PATHS } from './path-shapes.ts'

const Query = Type.Object(
  {
    to: Type.String({
      maxLength: 1_000,
      description: 'One gateway; or a member, system or service: all gateways of the member.',
    }),
    client: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'With a service: only the grants that fit this client.' }),
    ),
  },
  { additionalProperties: false },
)

/** What is asked about. */
interface Target {
  readonly gateways: readonly string[]
  readonly service?: string
}

/** Most gateways of one member that one answer tells of. */
const MAX_GATEWAYS = 16

/** Over which paths others are reached, and why over these. */
export function pathRoutes(api: Api, parts: GatewayParts): void {
  api.get(
    '/v1/paths',
    {
      onRequest: requireRole(parts.tokens.current, 'auditor'),
      schema: {
        summary: 'The path in use to a member or gateway, the spare, and what our branches weighed',
        tags: ['operation'],
        querystring: Query,
        response: PATHS,
      },
    },
    async ({ query }) => await pathsTo(parts, query.to, query.client),
  )
}

async function pathsTo(parts: GatewayParts, to: string, client: string | undefined): Promise<object> {
  const { gateway: from, links, sessions, directory } = parts
  const { gateways, service } = targetOf(directory, from, to)
  const terms = service === undefined ? undefined : termsOf(parts, service, client)
  const deps = {
    branches: links.live(),
    linkMs: (branch: string) => links.list().find((link) => link.branch === branch)?.rttMs,
    sessions: sessions.list(),
    weigh: links.weigh.bind(links),
    classes: directory,
    shareRisk: links.shareRisk,
  }
  const told = await Promise.all(gateways.map((gateway) => explainPaths(deps, gateway, terms)))
  const asked = service === undefined ? {} : { service, terms }
  return { from, to, ...asked, links: links.list(), gateways: told }
}

/**
 * The gateways that are meant. A gateway and a system look alike: the directory tells them apart.
 *
 * @throws WuslaError `invalid_identifier`, `unknown_gateway`, `unknown_member`, `unknown_service`, `invalid_request`
 */
function targetOf(directory: Directory, own: string, to: string): Target {
  const isGateway = isIdentifier('gateway', to)
  const named = isGateway ? canonicalIdentifier('gateway', to) : to
  if (directory.gateway(named)?.status === 'active') return withoutOwn([named], own)
  if (isIdentifier('service', to)) {
    const service = canonicalIdentifier('service', to)
    if (directory.service(service)?.status !== 'published')
      throw new WuslaError('unknown_service', { details: { service } })
    return { service, ...gatewaysOf(directory, own, memberOf(service)) }
  }
  if (isIdentifier('member', to)) return gatewaysOf(directory, own, canonicalIdentifier('member', to))
  if (isGateway && directory.system(named) !== undefined) return gatewaysOf(directory, own, memberOf(named))
  if (isGateway) throw new WuslaError('unknown_gateway', { details: { gateway: named } })
  throw new WuslaError('invalid_identifier', { details: { to } })
}

function gatewaysOf(directory: Directory, own: string, member: string): Target {
  const all = directory.gatewaysOf(member).map(({ gateway }) => gateway)
  if (all.length === 0) throw new WuslaError('unknown_member', { details: { member } })
  return withoutOwn(all, own)
}

function withoutOwn(all: readonly string[], own: string): Target {
  const gateways = all.filter((gateway) => gateway !== own).slice(0, MAX_GATEWAYS)
  if (gateways.length > 0) return { gateways }
  throw new WuslaError('invalid_request', {
    message: 'A gateway needs no path to itself.',
    details: { gateway: own },
  })
}

function termsOf(parts: GatewayParts, service: string, client: string | undefined): TransitTerms {
  const { member, directory, agreements, clock } = parts
  const now = formatTime(clock.nowMs())
  const contentOf = (hash: string): ReturnType<typeof agreements.get> => agreements.get(hash)
  return transitTerms({ consumer: member, service, client }, directory.agreementsOf(member), contentOf, now)
}
