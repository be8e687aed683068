import { Type, type Static } from '../protocol/schema.ts'
import { isWebAddress } from './web-address.ts'

const Text = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ description, minLength: 1, maxLength: 2_048 })

/** How an installation reaches a signing service that speaks the API of the Cloud Signature Consortium (v2, v1.0.4). */
export const CscSettingsSchema = Type.Object(
  {
    provider: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,31}$',
      description: 'Name of the service here; it must never change.',
    }),
    base: Text('Base address with the version, `https://…/csc/v2`.'),
    authorize: Type.Optional(Text('Default: `oauth2/authorize` below the address that `info` names.')),
    token: Type.Optional(Text('Default: `oauth2/token` below the address that `info` names.')),
    clientId: Text('Client identifier given by the service.'),
    secretFile: Text('File that holds the client secret and nothing else. Read at each use; never logged.'),
    secretIn: Type.Optional(
      Type.Union([Type.Literal('basic'), Type.Literal('body')], {
        description: 'Where the secret is sent. Default `basic`.',
      }),
    ),
    redirectUri: Text('Callback of both rounds, as registered with the service.'),
    requestTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 120_000,
        description: 'Longest time of one request, milliseconds. Default 20,000.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** See {@link CscSettingsSchema}. */
export type CscSettings = Static<typeof CscSettingsSchema>

/** What a schema cannot see in settings of the right form; empty when nothing is wrong. No text repeats a value. */
export function cscProblems({ base, authorize, token, redirectUri }: CscSettings): string[] {
  const addresses = { '/base': base, '/authorize': authorize, '/token': token, '/redirectUri': redirectUri }
  return Object.entries(addresses).flatMap(([place, address]) =>
    address === undefined || isWebAddress(address) ? [] : [`${place}: must be an https address`],
  )
}
