import { Type, type Static } from '../protocol/schema.ts'
import { isWebAddress } from './web-address.ts'

const Address = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ description, minLength: 1, maxLength: 2_048 })
const Secret = Type.String({
  description: 'File that holds the client secret and nothing else. Read at each use; never logged.',
  minLength: 1,
})
const ClientId = Type.String({
  description: 'Client identifier given by the provider.',
  minLength: 1,
  maxLength: 256,
})

const StepUp = Type.Object(
  {
    clientId: ClientId,
    secretFile: Secret,
    redirectUri: Address('Callback of the confirmation, byte for byte as registered with the provider.'),
    knownBy: Type.Union([Type.Literal('email'), Type.Literal('mobile'), Type.Literal('identity-number')], {
      description:
        'What the provider is told the person by. It stands in an address, and so in the history of the browser: `email` says least.',
    }),
  },
  {
    additionalProperties: false,
    description: 'Confirmation with the face. Needs credentials of its own and special approval.',
  },
)

const Signing = Type.Object(
  {
    token: Address('Token address of the signing service, `…/trustedx-authserver/oauth/main-as/token`.'),
    processes: Address('`…/trustedx-resources/esignsp/v2/signer_processes`.'),
    documents: Address('`…/trustedx-resources/esignsp/v2/documents`.'),
    clientId: ClientId,
    secretFile: Secret,
    timestampProvider: Type.Optional(
      Type.String({ description: 'Default `urn:uae:tws:generation:policy:digitalid`.', maxLength: 256 }),
    ),
    maxDocuments: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Most documents in one signing. Default 20.' }),
    ),
    maxDocumentBytes: Type.Optional(
      Type.Integer({ minimum: 1_024, maximum: 104_857_600, description: 'Largest PDF. Default 20 MiB.' }),
    ),
  },
  { additionalProperties: false, description: 'Document signing. Absent: login only.' },
)

/**
 * How an installation reaches UAE PASS. The provider documents no discovery, so every address stands here; those of the staging
 * and the production service are in docs/guides/national-identity.md.
 */
export const UaePassSettingsSchema = Type.Object(
  {
    provider: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9-]{0,31}$',
        description:
          'Name under which people are stored; it must never change. Default `uae-pass`; give staging another one.',
      }),
    ),
    authorize: Address('`…/idshub/authorize`.'),
    token: Address('`…/idshub/token`.'),
    userinfo: Address('`…/idshub/userinfo`.'),
    introspect: Type.Optional(
      Address('`…/idshub/introspect`. Absent: the token is not checked once more with the provider.'),
    ),
    clientId: ClientId,
    secretFile: Secret,
    redirectUri: Address('Callback of the login, byte for byte as registered with the provider.'),
    visitors: Type.Optional(
      Type.Boolean({ description: 'Asks for the profile of visitors too. They cannot sign. Default false.' }),
    ),
    stepUp: Type.Optional(StepUp),
    signing: Type.Optional(Signing),
    requestTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 120_000,
        description: 'Longest time of one request, milliseconds. Default 20,000.',
      }),
    ),
    pollMs: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 60_000,
        description:
          'Pause between two questions whether the person has signed, milliseconds. Default 2,000.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** See {@link UaePassSettingsSchema}. */
export type UaePassSettings = Static<typeof UaePassSettingsSchema>

/**
 * What a schema cannot see in settings of the right form; empty when nothing is wrong. Addresses have to be `https`; plain
 * `http` is for a stand-in on this machine. No text repeats a value.
 */
export function uaePassProblems(settings: UaePassSettings): string[] {
  const { redirectUri, stepUp } = settings
  const addresses = {
    ...providerAddresses(settings),
    '/redirectUri': redirectUri,
    '/stepUp/redirectUri': stepUp?.redirectUri,
  }
  const problems = Object.entries(addresses).flatMap(([place, address]) =>
    address === undefined || isWebAddress(address) ? [] : [`${place}: must be an https address`],
  )
  if (stepUp?.clientId === settings.clientId) {
    problems.push('/stepUp/clientId: the confirmation has credentials of its own')
  }
  return problems
}

/** The addresses at which the provider itself is reached, by their place in the settings; undefined where none is set. */
export function providerAddresses(settings: UaePassSettings): Readonly<Record<string, string | undefined>> {
  const { authorize, token, userinfo, introspect, signing } = settings
  return {
    '/authorize': authorize,
    '/token': token,
    '/userinfo': userinfo,
    '/introspect': introspect,
    '/signing/token': signing?.token,
    '/signing/processes': signing?.processes,
    '/signing/documents': signing?.documents,
  }
}
