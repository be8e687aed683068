import { isLoopbackListen } from '../admin-api/api-server.ts'
import { schemaProblems } from '../admin-api/check-schema.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { Type, type Static } from '../protocol/schema.ts'
import { isHttpUrl } from '../trust/text-form.ts'

/** The configuration file of a registry, `registry.json` in its state folder. */
const RegistryConfigSchema = Type.Object(
  {
    network: Type.String({ description: 'Identifier of the network, e.g. AE-DU.' }),
    listen: Type.String({
      pattern: '^(?:[^:[\\]]+|\\[[^\\]]+\\]):\\d{1,5}$',
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
    testAuthorities: Type.Optional(
      Type.Boolean({
        description:
          'Whether a signing policy may name roots of test authorities, which give the name of anybody to anybody. For a network for trying out. Default false.',
      }),
    ),
  },
  { additionalProperties: false },
)

export type RegistryConfig = Static<typeof RegistryConfigSchema>

/** Everything that is wrong with a configuration, each with its place, none with its value; empty when nothing is. */
export function registryConfigProblems(value: unknown): string[] {
  const problems = schemaProblems(RegistryConfigSchema, value)
  if (problems.length > 0) return problems
  const { network, listen, publicUrl } = value as RegistryConfig
  if (!isIdentifier('network', network)) problems.push('/network: must be the name of a network')
  if (!isLoopbackListen(listen)) problems.push('/listen: must be a loopback address and a port up to 65535')
  if (!isHttpUrl(publicUrl))
    problems.push('/publicUrl: must be an http or https URL without a trailing slash')
  return problems
}
