import {
  type DocumentForDigest,
  prepareSignatures,
  type TimeStampSource,
} from '../agreements/sign-by-digest.ts'
import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { HiddenText } from './hidden-text.ts'
import { signWithTokenKey, tokenKeys, type TokenSettings } from './token-signing.ts'

/** What an official signs with a card. */
export interface TokenSigningWish {
  readonly token: TokenSettings
  /** Default: the only key there is. */
  readonly keyLabel?: string
  readonly pin: HiddenText
  readonly documents: readonly DocumentForDigest[]
  readonly timeStamps: TimeStampSource
  readonly clock: Clock
}

/**
 * Signs documents on this machine with the key of an official's card: the digests go to the card, the PIN nowhere else.
 *
 * @returns the signed documents, in their order: PAdES B-T
 * @throws WuslaError `hash_signing_refused` when no key or more than one fits; those of `tokenKeys`, `signWithTokenKey` and
 *   `prepareSignatures`; `time_stamp_unavailable`
 */
export async function signWithToken(wish: TokenSigningWish): Promise<readonly Uint8Array[]> {
  const { token, keyLabel, pin, documents, timeStamps, clock } = wish
  const keys = await tokenKeys(token, pin)
  const fitting = keys.filter(({ label }) => keyLabel === undefined || label === keyLabel)
  const [key, ...more] = fitting
  if (key === undefined || more.length > 0) {
    throw new WuslaError('hash_signing_refused', {
      details: { reason: `${fitting.length} keys with a certificate fit, and it has to be one` },
    })
  }
  const prepared = await prepareSignatures(documents, key, new Date(clock.nowMs()))
  return await prepared.finish(await signWithTokenKey(token, key, prepared, pin), timeStamps)
}
