import { Type, type Static } from 'typebox'

const Listen = Type.String({
  pattern: '^[^:]+:\\d{1,5}$',
  description: 'host:port; port 0 takes a free one. Plain HTTP is accepted on loopback addresses only.',
})

/**
 * The configuration file of a gateway, `gateway.json` in its state folder. What changes while the gateway runs
 * (services, clients, mapped ports) is not here but behind its admin API.
 */
export const GatewayConfigSchema = Type.Object(
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
    pathDeadlineMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        description: 'How long a caller waits for a path, milliseconds. Default 30,000.',
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
  },
  { additionalProperties: false },
)

export type GatewayConfig = Static<typeof GatewayConfigSchema>
