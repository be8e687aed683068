import { isTime } from '../protocol/clock.ts'
import { isIdentifier, memberOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { signJws, verifyJws } from './jws.ts'
import type { SealKey, SealVerifier } from './seal-key.ts'
import { decodeShape, objectOf, text } from './shape.ts'
import { isBase64urlOf } from './text-form.ts'

/**
 * A member's word that one more gateway may join in its name. It is given before the new gateway has keys, so it
 * is bound to the enrolment key in the token instead; followers of the directory accept it as the member's signature.
 */
export type Voucher = {
  readonly gateway: string
  readonly member: string
  /** Public half of the enrolment key in the token: 32 bytes, base64url. */
  readonly secretHash: string
  /** RFC 3339, UTC, milliseconds. */
  readonly expires: string
}

const TYP = 'wusla-voucher+jws'

const VOUCHER = objectOf(
  {
    expires: text({ test: isTime, what: 'an instant' }),
    gateway: text({ max: 1024, test: (value) => isIdentifier('gateway', value), what: 'a gateway' }),
    member: text({ max: 1024, test: (value) => isIdentifier('member', value), what: 'a member' }),
    secretHash: text({ test: (value) => isBase64urlOf(value, 32), what: '32 bytes in base64url' }),
  },
  {},
  (voucher, report) => {
    if (memberOf(voucher.gateway) !== voucher.member) report('/gateway', 'must belong to the member')
  },
)

/** Signs a voucher with a seal of the member, as a compact JWS. */
export async function signVoucher(voucher: Voucher, key: SealKey): Promise<string> {
  return await signJws({ typ: TYP, payload: voucher, key })
}

/**
 * Verifies a voucher. Whether it has expired is judged by the caller, against the time of the change that uses it.
 *
 * @param resolveKey - the verifier of an active seal key and the member it is bound to, else undefined.
 * @throws WuslaError `invalid_signature`, also when the key belongs to another member than the voucher names.
 */
export function verifyVoucher(
  jws: string,
  resolveKey: (kid: string) => { readonly member: string; readonly verifier: SealVerifier } | undefined,
): Voucher & { readonly kid: string } {
  const { payload, kid } = verifyJws(jws, { typ: TYP, resolveKey: (kid) => resolveKey(kid)?.verifier })
  const decoded = decodeShape(VOUCHER, payload)
  if (!decoded.ok) throw new WuslaError('invalid_signature', { details: { step: 'form', kid } })
  if (resolveKey(kid)?.member !== decoded.value.member) {
    throw new WuslaError('invalid_signature', { details: { step: 'member', kid } })
  }
  return { ...decoded.value, kid }
}
