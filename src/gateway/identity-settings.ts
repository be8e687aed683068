import { isLoopbackHost } from '../admin-api/api-server.ts'
import { isPlainLocal, isWebAddress } from '../identity/web-address.ts'
import { providerAddresses, uaePassProblems, UaePassSettingsSchema } from '../identity/uae-pass-settings.ts'
import { Type, type Static } from '../protocol/schema.ts'

/** Where the provider sends the browser after the login, below the public address. */
export const LOGIN_CALLBACK = '/sign/callback'

/** How officials sign agreements at this gateway: `identity` of gateway.json. */
export const IdentitySchema = Type.Object(
  {
    publicUrl: Type.String({
      description:
        'Origin under which the browsers of officials reach /sign/ of the admin listener, e.g. through a TLS proxy that passes on nothing else; https, or plain http on this machine. No path.',
      maxLength: 512,
    }),
    language: Type.Optional(
      Type.Union([Type.Literal('ar'), Type.Literal('en')], {
        description: 'Language in which the provider is asked first. Default ar.',
      }),
    ),
    uaePass: UaePassSettingsSchema,
  },
  {
    additionalProperties: false,
    description:
      'National identity, for signing agreements. Files of secrets are relative to the state folder.',
  },
)

export type IdentitySettings = Static<typeof IdentitySchema>

/**
 * What a schema cannot see in settings of the right form; empty when nothing is wrong. No text repeats a value.
 *
 * @param testAuthorities - whether this gateway may use a stand-in, whose signatures are worthless
 */
export function identityProblems(
  { publicUrl, uaePass }: IdentitySettings,
  testAuthorities: boolean,
): string[] {
  const problems = uaePassProblems(uaePass).map((problem) => `/uaePass${problem}`)
  if (!isOrigin(publicUrl)) problems.push('/publicUrl: must be an https origin without path and slash')
  else if (uaePass.redirectUri !== publicUrl + LOGIN_CALLBACK)
    problems.push(`/uaePass/redirectUri: must be publicUrl followed by ${LOGIN_CALLBACK}`)
  if (uaePass.signing === undefined) problems.push('/uaePass/signing: is needed to sign agreements')
  if (!testAuthorities) {
    for (const [place, address] of Object.entries(providerAddresses(uaePass))) {
      if (address !== undefined && isOfThisMachine(address))
        problems.push(
          `/uaePass${place}: is a stand-in on this machine; only a network for trying out may set testAuthorities`,
        )
    }
  }
  return problems
}

function isOrigin(text: string): boolean {
  return isWebAddress(text) && new URL(text).origin === text
}

function isOfThisMachine(address: string): boolean {
  if (!URL.canParse(address)) return false
  return isPlainLocal(address) || isLoopbackHost(new URL(address).hostname.replace(/^\[|\]$/g, ''))
}
