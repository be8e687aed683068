import { Type, type Static } from '../protocol/schema.ts'
import { isWebAddress } from './web-address.ts'

const Text = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ description, minLength: 1, maxLength: 2_048 })

const Level = Type.Union([Type.Literal('SOP1'), Type.Literal('SOP2'), Type.Literal('SOP3')])

/** How an installation reaches a provider that speaks OpenID Connect with discovery. */
export const OidcSettingsSchema = Type.Object(
  {
    provider: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,31}$',
      description: 'Name under which people are stored; it must never change.',
    }),
    issuer: Text('Issuer of the provider, without `/.well-known/…`; discovery starts there.'),
    clientId: Text('Client identifier given by the provider.'),
    secretFile: Type.Optional(
      Text('File that holds the client secret and nothing else. Absent: a public client, with PKCE alone.'),
    ),
    secretIn: Type.Optional(
      Type.Union([Type.Literal('basic'), Type.Literal('body')], {
        description: 'Where the secret is sent. Default `basic`.',
      }),
    ),
    redirectUri: Text('Callback of the login, as registered with the provider; without a query.'),
    scope: Type.Optional(Text('Default `openid profile`. Has to contain `openid`.')),
    acrValues: Type.Optional(Text('Levels asked for, in the words of the provider.')),
    levels: Type.Optional(
      Type.Record(Level, {
        description:
          'What a value of the claim `acr` means here. What is not listed is SOP1, which cannot sign.',
      }),
    ),
    claims: Type.Optional(
      Type.Object(
        {
          nameEn: Type.Optional(Text('Default `name`.')),
          nameAr: Type.Optional(Text('Default `name#ar`.')),
          identityNumber: Type.Optional(Text('Claim with the national number. Default: none is read.')),
        },
        { additionalProperties: false },
      ),
    ),
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

/** See {@link OidcSettingsSchema}. */
export type OidcSettings = Static<typeof OidcSettingsSchema>

/** What a schema cannot see in settings of the right form; empty when nothing is wrong. No text repeats a value. */
export function oidcProblems({ issuer, redirectUri, scope }: OidcSettings): string[] {
  const problems: string[] = []
  if (!isWebAddress(issuer)) problems.push('/issuer: must be an https address')
  // What comes back is the address with a query: one that had its own would be another address to the provider.
  if (!isWebAddress(redirectUri) || new URL(redirectUri).search !== '') {
    problems.push('/redirectUri: must be an https address without a query')
  }
  if (scope !== undefined && !scope.split(' ').includes('openid')) {
    problems.push('/scope: has to contain openid')
  }
  return problems
}
