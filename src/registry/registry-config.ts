import { Type, type Static } from 'typebox'

/** The configuration file of a registry, `registry.json` in its state folder. */
export const RegistryConfigSchema = Type.Object(
  {
    network: Type.String({ description: 'Identifier of the network, e.g. AE-DU.' }),
    listen: Type.String({
      pattern: '^[^:]+:\\d{1,5}$',
      description: 'host:port of the API and the directory log. Loopback only; a TLS proxy stands before it.',
    }),
    publicUrl: Type.String({
      pattern: '^https?://',
      description: 'Address under which gateways and branches reach the registry; written into tokens.',
    }),
    requestsPerSecond: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description:
          'Requests one address may make to the API in a second, and five times as many at once. The log is not counted. Default 200.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type RegistryConfig = Static<typeof RegistryConfigSchema>
