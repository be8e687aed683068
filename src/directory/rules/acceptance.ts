import { isTime } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { verifyJws } from '../../trust/jws.ts'
import type { SealVerifier } from '../../trust/seal-key.ts'
import { decodeShape, objectOf, oneOf, text } from '../../trust/shape.ts'

const ACCEPTANCE = objectOf({
  agreement: text(),
  member: text({ max: 4096 }),
  act: oneOf('accept'),
  time: text({ max: 24, test: isTime }),
})

export function verifyAcceptance(
  jws: string,
  wanted: { agreement: string; member: string; resolveKey: (kid: string) => SealVerifier | undefined },
): void {
  const { payload } = verifyJws(jws, { typ: 'wusla-acceptance+jws', resolveKey: wanted.resolveKey })
  const words = decodeShape(ACCEPTANCE, payload)
  if (!words.ok || words.value.agreement !== wanted.agreement || words.value.member !== wanted.member) {
    throw new WuslaError('invalid_signature')
  }
}
