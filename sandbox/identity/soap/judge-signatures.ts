import * as asn1js from 'asn1js'
import { Certificate } from 'pkijs'
import type { Revocations } from '../authority/answer-status.ts'
import type { TestAuthority } from '../authority/test-authority.ts'
import type { VerifiedSignature } from '../documents/document-job.ts'
import type { Outcome } from './answer-xml.ts'

/** Signer details are validated for this long. Unit: ms. */
const THREE_YEARS_MS = 3 * 365 * 86_400_000

/** Whether every signature is intact, of this authority, and made before its certificate ended or was revoked. */
export async function judge(
  signatures: readonly VerifiedSignature[],
  { issuing }: TestAuthority,
  revoked: Revocations,
  now: Date,
): Promise<Outcome> {
  if (signatures.length === 0) return { kind: 'requester-error', message: 'the document has no signature' }
  const issuer = Certificate.fromBER(issuing.certificate)
  for (const { field, isIntact, certificate, serialNumber, at } of signatures) {
    if (!isIntact) return { kind: 'invalid', message: `${field}: the signature does not fit the document` }
    const signer = new Certificate({
      schema: asn1js.fromBER(Uint8Array.from(Buffer.from(certificate, 'base64'))).result,
    })
    if (!(await signer.verify(issuer)))
      return { kind: 'not-determined', message: `${field}: the certificate is of another authority` }
    const signedAt = new Date(at)
    if (signedAt < signer.notBefore.value || signedAt > signer.notAfter.value)
      return { kind: 'invalid', message: `${field}: the certificate was not valid at the time` }
    const revokedAt = revoked.get(serialNumber)
    if (revokedAt !== undefined && revokedAt <= signedAt)
      return { kind: 'invalid', message: `${field}: the certificate was revoked` }
    if (now.getTime() - signedAt.getTime() > THREE_YEARS_MS)
      return { kind: 'not-determined', message: `${field}: signed more than three years ago` }
  }
  return { kind: 'valid' }
}
