import { isLoopbackHost } from '../admin-api/api-server.ts'
import { schemaProblems } from '../admin-api/check-schema.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { Type, type Static } from '../protocol/schema.ts'
import { isNumericHost, parseLinkAddress } from '../transport/link-address.ts'
import { isHttpUrl } from '../trust/text-form.ts'
import { identityProblems, IdentitySchema } from './identity-settings.ts'

const Listen = Type.String({
  description: 'host:port or [IPv6]:port; port 0 takes a free one.',
})

/**
 * The configuration file of a gateway, `gateway.json` in its state folder. What changes while the gateway runs
 * (services, clients, mapped ports) is not here but behind its admin API.
 */
const GatewayConfigSchema = Type.Object(
  {
    gateway: Type.String({ description: 'Identifier of this gateway, e.g. AE-DU/GOV/RTA/gw-1.' }),
    anchor: Type.String({
      description: 'File with the trust anchor of the network, relative to the state folder.',
    }),
    registry: Type.String({
      format: 'uri',
      description: 'Address of the registry. May be down for days: exchanges go on.',
    }),
    frontDoor: Type.Object(
      {
        http: Type.Optional(Listen),
        allowRemotePlainHttp: Type.Optional(
          Type.Boolean({
            description:
              'Lets `http` listen on other than loopback addresses. What is called there crosses the network in clear, and a client has to show who it is: the rule `none` lets nobody in. Default false.',
          }),
        ),
        https: Type.Optional(
          Type.Object(
            {
              listen: Listen,
              certificate: Type.String({ description: 'PEM file shown to the information systems.' }),
              key: Type.String({ description: 'PEM file with its private key.' }),
            },
            { additionalProperties: false },
          ),
        ),
        dialect: Type.Optional(
          Type.Union([Type.Literal('7.8'), Type.Literal('7.7')], {
            description: 'Vocabulary of X-Road error codes. Default 7.8.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    admin: Type.Object({ listen: Listen }, { additionalProperties: false }),
    directListen: Type.Optional(
      Type.String({
        description:
          'host:port or [IPv6]:port where other gateways may open sessions without a branch in between; port 0 takes a free one. Default: nowhere, no opening inwards is needed.',
      }),
    ),
    directAnnounce: Type.Optional(
      Type.String({
        description:
          'IPv4:port or [IPv6]:port that the directory names to them, when it is not where the gateway listens itself. Needed when `directListen` is a name or every address of the machine.',
      }),
    ),
    directDial: Type.Optional(
      Type.Union([Type.Literal('off'), Type.Literal('lines'), Type.Literal('any')], {
        description:
          'Which gateways that announce an address are dialled there: none, those to which the registry has registered a line from this gateway, or all. With `any` every member can make this gateway connect to any address but local ones. Default lines.',
      }),
    ),
    directDialLocal: Type.Optional(
      Type.Boolean({
        description:
          'Lets it dial loopback and link-local addresses too, as in a sandbox. Any such service of this machine can then be connected to by what another member announces. Default false.',
      }),
    ),
    pathDeadlineMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        description: 'How long a caller waits for a path, milliseconds. Default 30,000.',
      }),
    ),
    leaveNoticeMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 600_000,
        description:
          'When the gateway is stopped in order: how long it goes on taking calls while /readyz tells load balancers to go elsewhere and every answer ends its connection, milliseconds. Ends at once when nobody is connected. Default 2,000.',
      }),
    ),
    leaveGraceMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        description:
          'When the gateway is stopped in order: how long exchanges under way may take, milliseconds. Default 30,000.',
      }),
    ),
    keySettleMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        description:
          'Time between binding a new key of this gateway and using it, milliseconds: everybody must have read the binding. Default 4,000.',
      }),
    ),
    checkpointIntervalMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 3_600_000,
        description: 'Time between evidence checkpoints, milliseconds. Default 1,000.',
      }),
    ),
    evidenceRetentionDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description:
          'Statements and seals older than this many days are removed, once a day. Default: none ever is. What was ' +
          'removed can be proven only from files exported before, or by the other side; digests stay in the ledger.',
      }),
    ),
    acknowledgeWithinMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_080,
        description:
          'Under agreements with `acknowledgementRequired`: how long an acknowledgement of delivery is tried, and after which time an answer of this member counts as not acknowledged and raises an alarm, minutes. One that comes later still counts. Default 10.',
      }),
    ),
    identity: Type.Optional(IdentitySchema),
    testAuthorities: Type.Optional(
      Type.Boolean({
        description:
          'Believes signatures of test authorities where the signing policy of the network names them, and lets `identity` be a stand-in. Anybody can have any name there: for networks for trying out only. Default false.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type GatewayConfig = Static<typeof GatewayConfigSchema>

/** How long an acknowledgement of delivery is waited for, in milliseconds. */
export function acknowledgeWithinMs({ acknowledgeWithinMinutes = 10 }: GatewayConfig): number {
  return acknowledgeWithinMinutes * 60_000
}

/**
 * Everything that is wrong with a configuration, each with its place, none with its value; empty when nothing is. The
 * files it names are looked at by whoever reads them.
 */
export function gatewayConfigProblems(value: unknown): string[] {
  const problems = schemaProblems(GatewayConfigSchema, value)
  if (problems.length > 0) return problems
  const config = value as GatewayConfig
  const { gateway, registry, frontDoor, admin } = config
  if (!isIdentifier('gateway', gateway)) problems.push('/gateway: must be the identifier of a gateway')
  if (!isHttpUrl(registry)) problems.push('/registry: must be an http or https URL without a trailing slash')
  const { http, https, allowRemotePlainHttp = false } = frontDoor
  if (http !== undefined) problems.push(...listenProblems('/frontDoor/http', http, allowRemotePlainHttp))
  if (https !== undefined) problems.push(...listenProblems('/frontDoor/https/listen', https.listen, true))
  problems.push(...listenProblems('/admin/listen', admin.listen, false), ...directProblems(config))
  const { identity, testAuthorities = false } = config
  if (identity !== undefined)
    problems.push(...identityProblems(identity, testAuthorities).map((problem) => `/identity${problem}`))
  return problems
}

function directProblems({ directListen, directAnnounce }: GatewayConfig): string[] {
  const listen = directListen === undefined ? undefined : parseLinkAddress(directListen)
  const announce = directAnnounce === undefined ? undefined : parseLinkAddress(directAnnounce)
  if (directListen !== undefined && listen === undefined)
    return ['/directListen: must be host:port with a port up to 65535']
  if (directAnnounce !== undefined && (announce?.port ?? 0) === 0)
    return ['/directAnnounce: must be IPv4:port or [IPv6]:port with a port from 1 to 65535']
  if (announce !== undefined && listen === undefined) return ['/directAnnounce: needs directListen']
  if (announce !== undefined && !isNumericHost(announce.host))
    return ['/directAnnounce: must be numeric: the directory names no host names']
  if (listen === undefined || announce !== undefined || isNumericHost(listen.host)) return []
  return ['/directAnnounce: must say which address of the machine others dial']
}

function listenProblems(place: string, listen: string, mayBeRemote: boolean): string[] {
  const address = parseLinkAddress(listen)
  if (address === undefined) return [`${place}: must be host:port with a port up to 65535`]
  if (mayBeRemote || isLoopbackHost(address.host)) return []
  const remedy = place === '/frontDoor/http' ? ', unless allowRemotePlainHttp is set' : ''
  return [`${place}: plain HTTP is accepted on loopback addresses only${remedy}`]
}
