import type { SigningKey } from '../hash-signing.ts'
import { asObject, invalidAnswer } from '../http/ask-provider.ts'

type Json = Readonly<Record<string, unknown>>

/** Most keys of a person that are looked at. */
export const MAX_KEYS = 50

/**
 * `credentialIDs` of `credentials/list`.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function keyIds(answer: Json): readonly string[] {
  const ids = answer['credentialIDs']
  if (!Array.isArray(ids)) throw invalidAnswer('credentials/list', 'credentialIDs')
  return ids.slice(0, MAX_KEYS).map((id: unknown) => {
    if (typeof id !== 'string' || id === '' || id.length > 512) {
      throw invalidAnswer('credentials/list', 'credentialIDs')
    }
    return id
  })
}

/**
 * A key of `credentials/info`. `auth.mode` is called `authMode` in version 1; only keys that OAuth opens are usable here.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function signingKey(id: string, answer: Json): SigningKey {
  const key = asObject(answer['key'])
  const cert = asObject(answer['cert'])
  if (key === undefined || cert === undefined) throw invalidAnswer('credentials/info', 'key')
  const mode = asObject(answer['auth'])?.['mode'] ?? answer['authMode']
  const isEnabled = key['status'] === 'enabled' && (cert['status'] ?? 'valid') === 'valid'
  const multisign = answer['multisign']
  return {
    id,
    isUsable: isEnabled && mode === 'oauth2code',
    algorithms: textsOf(key['algo']),
    certificates: textsOf(cert['certificates']).map((text) => Buffer.from(text, 'base64')),
    // A number in the specification; services of version 1 sent true and false.
    maxDigests: typeof multisign === 'number' && multisign >= 1 ? Math.floor(multisign) : 1,
  }
}

/**
 * `signatures` of `signatures/signHash`, as many as were asked for.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function signaturesOf(answer: Json, count: number): readonly Uint8Array[] {
  const texts = textsOf(answer['signatures'])
  if (texts.length !== count) throw invalidAnswer('signHash', 'signatures')
  return texts.map((text) => {
    const bytes = Buffer.from(text, 'base64')
    if (bytes.byteLength < 64 || bytes.byteLength > 2_048) throw invalidAnswer('signHash', 'signature')
    return bytes
  })
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
