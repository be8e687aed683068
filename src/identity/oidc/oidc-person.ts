import { HiddenText } from '../hidden-text.ts'
import { invalidAnswer } from '../http/ask-provider.ts'
import type { OidcSettings } from '../oidc-settings.ts'
import { normalName } from '../person.ts'
import type { Person } from '../person.ts'

/**
 * The person of an ID token and the user info that belongs to it. The level comes from the ID token alone: it is signed.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function oidcPerson(
  settings: OidcSettings,
  token: Readonly<Record<string, unknown>>,
  info: Readonly<Record<string, unknown>>,
): Person {
  const uuid = token['sub']
  // OpenID Connect Core 2: at most 255 ASCII characters.
  if (typeof uuid !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(uuid)) throw invalidAnswer('id token', 'sub')
  const claims = { ...info, ...token }
  const { nameEn = 'name', nameAr = 'name#ar', identityNumber } = settings.claims ?? {}
  const en = nameOf(claims[nameEn])
  const ar = nameOf(claims[nameAr])
  const number = identityNumber === undefined ? undefined : claims[identityNumber]
  if (number !== undefined && (typeof number !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(number))) {
    throw invalidAnswer('id token', 'identity number')
  }
  const acr = token['acr']
  const levels = new Map(Object.entries(settings.levels ?? {}))
  return {
    provider: settings.provider,
    uuid,
    assurance: (typeof acr === 'string' ? levels.get(acr) : undefined) ?? 'SOP1',
    name: { ...(ar === undefined ? {} : { ar }), ...(en === undefined ? {} : { en }) },
    ...(number === undefined ? {} : { identityNumber: new HiddenText(number) }),
  }
}

function nameOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? normalName(claim) : undefined
}
