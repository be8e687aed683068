import { isAssurance } from '../assurance.ts'
import { HiddenText } from '../hidden-text.ts'
import { invalidAnswer } from '../http/ask-provider.ts'
import { normalName } from '../person.ts'
import type { Person } from '../person.ts'

/** Claims of UAE PASS's user info, as they came. */
export type UserInfo = Readonly<Record<string, unknown>>

/** How people are known to the provider at a confirmation. */
export type KnownBy = 'email' | 'mobile' | 'identity-number'

const HINT_CLAIMS: Readonly<Record<KnownBy, string>> = Object.freeze({
  email: 'email',
  mobile: 'mobile',
  'identity-number': 'idn',
})

/**
 * The person of a user info answer. `uuid` is the key; `sub` is another text (`UAEPASS/<uuid>`) and is only compared with
 * the introspection.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function personOf(provider: string, info: UserInfo, knownBy: KnownBy | undefined): Person {
  const uuid = textOf(info, 'uuid')
  if (uuid === undefined || !/^[A-Za-z0-9-]{8,64}$/.test(uuid)) throw invalidAnswer('userinfo', 'uuid')
  const assurance = info['userType']
  if (!isAssurance(assurance)) throw invalidAnswer('userinfo', 'userType')
  const identityNumber = textOf(info, 'idn')
  if (identityNumber !== undefined && !/^784\d{12}$/.test(identityNumber)) {
    throw invalidAnswer('userinfo', 'idn')
  }
  const hint = knownBy === undefined ? undefined : textOf(info, HINT_CLAIMS[knownBy])
  return {
    provider,
    uuid,
    assurance,
    name: namesOf(info),
    ...(identityNumber === undefined ? {} : { identityNumber: new HiddenText(identityNumber) }),
    ...(hint === undefined ? {} : { loginHint: new HiddenText(hint) }),
  }
}

function namesOf(info: UserInfo): Person['name'] {
  const ar = fullName(info, 'AR')
  const en = fullName(info, 'EN')
  return { ...(ar === undefined ? {} : { ar }), ...(en === undefined ? {} : { en }) }
}

function fullName(info: UserInfo, language: 'AR' | 'EN'): string | undefined {
  const full = textOf(info, `fullname${language}`)
  const name = full === undefined ? undefined : normalName(full)
  if (name !== undefined) return name
  const parts = [textOf(info, `firstname${language}`), textOf(info, `lastname${language}`)]
  return normalName(parts.filter((part) => part !== undefined).join(','))
}

/** A claim that is a text with something in it. The provider sends empty texts for what it does not know. */
function textOf(info: UserInfo, claim: string): string | undefined {
  const value = info[claim]
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
